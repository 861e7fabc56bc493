"""Having a summary written anew, and saying what one thinks of it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Private

from bg_graph.execution.node_ids import parse_node_id
from bg_graph.graph.user_errors import UserError, user_error
from bg_graph.plugins.summaries import SubjectKind
from bg_graph.summaries.answering import SERVICE, Answer, Asked, Shown, Summaries
from bg_graph.summaries.commands import LONGEST_REASON, rate_text
from bg_graph.summaries.graphql.fields import language_of
from bg_graph.summaries.graphql.showing import shown
from bg_graph.summaries.graphql.types import AiSummary, SummaryLanguage, SummaryVerdict
from bg_graph.summaries.reads import Feedback, Held, StoredText
from bg_graph.tenancy.graphql import Info
from bg_graph.tenancy.rules import Right, lacking

KINDS: Mapping[str, SubjectKind] = MappingProxyType(
    {"grp": SubjectKind.GROUP, "acc": SubjectKind.ACCOUNT, "mem": SubjectKind.MEMBER, "per": SubjectKind.PERSON}
)
"""What a subject is, by the prefix of its id."""
SUBJECT = "Buying group, account, member or person that the summary is about."
LANGUAGE = "Language of the summary; without it, the tenant's."
USER_ERRORS = "What the user can mend; with any of them nothing was done."


@strawberry.input(description="Which summary is written anew.")
class RefreshSummaryInput:
    """Which summary is written anew."""

    subject_id: strawberry.ID = strawberry.field(description=SUBJECT)
    language: SummaryLanguage | None = strawberry.field(default=None, description=LANGUAGE)


@strawberry.input(description="What the caller thinks of a summary.")
class RateSummaryInput:
    """What the caller thinks of a summary."""

    subject_id: strawberry.ID = strawberry.field(description=SUBJECT)
    verdict: SummaryVerdict = strawberry.field(description="Whether it is good.")
    reason: str | None = strawberry.field(default=None, description="Why, in at most 1000 characters.")
    version: str | None = strawberry.field(
        default=None,
        description="`version` of the text that was read; where another was written since, nothing is rated.",
    )
    language: SummaryLanguage | None = strawberry.field(default=None, description=LANGUAGE)


def _summary(payload: strawberry.Parent[Any]) -> AiSummary | None:
    """The summary in a payload. Raises Coded where it failed."""
    found = shown(payload.answer)
    if isinstance(found, Exception):
        raise found
    return found


@strawberry.type(description="What writing a summary anew did.")
class RefreshSummaryPayload:
    """What writing a summary anew did."""

    answer: Private[Answer]
    summary: AiSummary | None = strawberry.field(
        resolver=_summary,
        description="The new summary; PENDING where it takes longer; null with an error if it failed, and with any user "
        "error.",
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="What rating a summary did.")
class RateSummaryPayload:
    """What rating a summary did."""

    answer: Private[Answer]
    summary: AiSummary | None = strawberry.field(
        resolver=_summary, description="The text that was rated, with the verdict; null with any user error."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


async def _refresh(
    info: Info,
    given: Annotated[RefreshSummaryInput, strawberry.argument(name="input", description="Which summary.")],
) -> RefreshSummaryPayload:
    context, service = info.context, _service(info)
    asked = _asked(info, given.subject_id, given.language)
    if not context.caller.may(Right.EDIT):
        return RefreshSummaryPayload(answer=None, user_errors=[user_error("FORBIDDEN", lacking(Right.EDIT))])
    answers = {} if asked is None else await service.refreshed(await context.db(), asked)
    await context.renew()
    if not answers:
        return RefreshSummaryPayload(answer=None, user_errors=[_not_found()])
    (answer,) = answers.values()
    return RefreshSummaryPayload(answer=answer, user_errors=[])


async def _rate(
    info: Info,
    given: Annotated[
        RateSummaryInput, strawberry.argument(name="input", description="Which summary, and the verdict.")
    ],
) -> RateSummaryPayload:
    context, service = info.context, _service(info)
    asked = _asked(info, given.subject_id, given.language)
    if asked is None:
        return _unrated(_not_found())
    await service.stored_soon(asked)  # whoever was shown a text rates that one
    reason = (given.reason or "").strip() or None
    async with context.writing() as db:
        held = (await service.held(db, asked)).get(asked.ids[0])
        stored = _to_rate(held, given.version, reason)
        if isinstance(stored, UserError):
            return _unrated(stored)
        await rate_text(db, context.caller, stored, given.verdict.name, reason, now=context.now)
        rated = (await service.held(db, asked))[asked.ids[0]]
    is_fresh, feedback = rated.is_current, rated.stored.feedback if rated.stored else Feedback()
    return RateSummaryPayload(answer=Shown(stored.text, is_fresh, feedback), user_errors=[])


def _to_rate(held: Held | None, version: str | None, reason: str | None) -> StoredText | UserError:
    """The stored text that is rated, or why none is."""
    if held is None:
        return _not_found()
    if reason is not None and (len(reason) > LONGEST_REASON or "\0" in reason):
        return user_error("INVALID_INPUT", f"A reason has at most {LONGEST_REASON} characters.", "reason")
    stored = held.stored
    if stored is None or stored.text.summary is None:
        return user_error("NO_SUMMARY", "There is no summary to rate yet: ask for `aiSummary` first.", "subjectId")
    if version is not None and version != stored.text.version.hex:
        message = "Another text was written since this one; look at it and rate that."
        return user_error("VERSION_CONFLICT", message, "version")
    return stored


def _service(info: Info) -> Summaries:
    service: Summaries = info.context.services[SERVICE]
    return service


def _asked(info: Info, given: str, language: SummaryLanguage | None) -> Asked | None:
    """Whose summary an id names; None for an id of anything else."""
    named = parse_node_id(given)
    if named is None or named[0] not in KINDS:
        return None
    ids: tuple[UUID, ...] = (named[1],)
    return Asked(info.context.caller, KINDS[named[0]], ids, language_of(language), info.context.now)


def _not_found() -> UserError:
    return user_error("NOT_FOUND", "There is no group, account, member or person with this id.", "subjectId")


def _unrated(error: UserError) -> RateSummaryPayload:
    return RateSummaryPayload(answer=None, user_errors=[error])


@strawberry.type
class SummaryMutations:
    """What callers may do with summaries."""

    refresh_summary: RefreshSummaryPayload = strawberry.mutation(
        resolver=_refresh,
        description="Have a summary written anew, whether or not it is current. Needs the right `edit`: the provider may "
        "charge for it.",
    )
    rate_summary: RateSummaryPayload = strawberry.mutation(
        resolver=_rate,
        description="Say what one thinks of a summary: kept with its text and facts, once for each caller and text; a "
        "later verdict replaces the earlier. Needs the right `read`.",
    )

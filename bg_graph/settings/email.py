"""Settings of e-mail: how fast it is sent, how often it is tried, and what comes in from its providers."""

from collections.abc import Iterator

from pydantic import SecretStr

from bg_graph.settings.section import Section, setting


class EmailSettings(Section):
    """How e-mail is sent, by whichever provider, and what comes in from it. Who sends: `[providers]`."""

    dispatch: bool = setting(
        True, "Whether `bg-graph serve` sends what is queued; with PostgreSQL, `bg-graph worker` can do it instead."
    )
    rate: float = setting(10.0, "Messages a second that are handed to the provider at most.", gt=0, le=10_000)
    concurrency: int = setting(4, "Calls of the provider at one time, in each process.", ge=1, le=100)
    attempts: int = setting(
        8, "How often a delivery is tried, where it is sure that nothing left, before it fails.", ge=1, le=100
    )
    deadline: float = setting(
        60.0,
        "Seconds that one call of the provider may take; what has no answer by then is UNKNOWN, and not sent again.",
        gt=0,
        le=3600,
    )
    lease: float = setting(
        180.0,
        "Seconds for which a worker holds what it claimed; longer than `deadline`. What a worker that died had "
        "claimed is taken up by another after that.",
        gt=0,
        le=36_000,
    )
    webhook_secret: SecretStr | None = setting(
        None,
        "Secret with which reports of a provider are signed; without it none are taken.",
        allowed="at least 16 characters",
        min_length=16,
        repr=False,
    )


def contradictions(email: EmailSettings) -> Iterator[tuple[str, str]]:
    """Settings of e-mail that do not go together: the key at fault, and what is wrong."""
    if email.lease <= email.deadline:
        yield "email.lease", f"must be more than email.deadline, which is {email.deadline:g}"

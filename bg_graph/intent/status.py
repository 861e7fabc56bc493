"""The query `intentStatus`: the latest run of predictions, and what models learned from the tenant's outcomes."""

from datetime import datetime

import strawberry

from bg_graph.intent.reads import LatestRun, Lesson, latest_run, lessons
from bg_graph.tenancy.graphql import Info
from bg_graph.tenancy.rules import Right


@strawberry.type(description="A run that predicted interests.")
class IntentRun:
    """A run that predicted interests."""

    as_of: datetime = strawberry.field(description="The moment for which interests were predicted.")
    finished_at: datetime | None = strawberry.field(
        description="When it ended; null while it runs, and where it was broken off or had no answer for some accounts."
    )
    plugin: str | None = strawberry.field(description="Plugin that answered last; null where none did.")
    plugin_version: str | None = strawberry.field(description="Version of that plugin.")
    model_name: str | None = strawberry.field(description="Name of its model.")
    model_version: str | None = strawberry.field(description="Version of its model.")
    signals_changed: int = strawberry.field(description="Signals that it added, changed or took away.")


@strawberry.type(description="What a model learned from the outcomes of the tenant's deals.")
class IntentLesson:
    """What a model learned."""

    plugin: str = strawberry.field(description="Plugin whose model learned.")
    plugin_version: str = strawberry.field(description="Version of the plugin.")
    learned_at: datetime = strawberry.field(description="When.")
    outcomes: int = strawberry.field(
        description="How many outcomes it was given: categories that accounts bought, or did not."
    )
    in_use: bool = strawberry.field(
        description="Predictions rest on it; false where there was too little to learn from."
    )
    description: str | None = strawberry.field(
        description="What it was learned from and how good it is, in the model's words; null to callers without the right "
        "to administer."
    )


@strawberry.type(description="Where the tenant's predictions of interest come from.")
class IntentStatus:
    """Where predictions come from."""

    latest_run: IntentRun | None = strawberry.field(
        description="The latest run that had something to predict; null before the first."
    )
    learned: list[IntentLesson] = strawberry.field(description="What each plugin's model learned, by plugin.")


async def _status(info: Info) -> IntentStatus:
    db = await info.context.db()
    run, learned = await latest_run(db), await lessons(db)
    tells = info.context.caller.may(Right.ADMIN)
    return IntentStatus(
        latest_run=None if run is None else _shown_run(run), learned=[_shown(each, tells=tells) for each in learned]
    )


def _shown_run(run: LatestRun) -> IntentRun:
    return IntentRun(
        as_of=run.as_of,
        finished_at=run.finished_at,
        plugin=run.plugin,
        plugin_version=run.plugin_version,
        model_name=run.model_name,
        model_version=run.model_version,
        signals_changed=run.signals_changed,
    )


def _shown(lesson: Lesson, *, tells: bool) -> IntentLesson:
    return IntentLesson(
        plugin=lesson.plugin,
        plugin_version=lesson.plugin_version,
        learned_at=lesson.trained_at,
        outcomes=lesson.outcomes,
        in_use=lesson.in_use,
        description=lesson.description if tells else None,
    )


@strawberry.type
class IntentQueries:
    """What callers may ask about predictions."""

    intent_status: IntentStatus = strawberry.field(
        resolver=_status,
        description="The latest run of predictions, and what models learned from the tenant's outcomes.",
    )

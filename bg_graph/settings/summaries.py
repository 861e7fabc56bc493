"""Settings of summaries: how long queries wait for them, and how much is asked of providers at one time."""

from bg_graph.settings.section import Section, setting


class SummarySettings(Section):
    """AI summaries: what a query waits for, and what is written behind it."""

    wait: float = setting(
        1.0,
        "Seconds that a query waits for a summary which is not current; then the last one is shown as STALE, or none as "
        "PENDING, and it is written behind. After a wait in vain, nobody waits for `rest` seconds.",
        ge=0,
        le=60,
    )
    deadline: float = setting(
        20.0, "Seconds that the providers of a tenant together have for a batch of summaries.", gt=0, le=600
    )
    rest: float = setting(30.0, "Seconds for which a summary that failed is not asked for again.", ge=0, le=3600)
    batch: int = setting(50, "Subjects that a provider is asked about in one call.", ge=1, le=500)
    concurrency: int = setting(4, "Calls for summaries that this process makes at one time.", ge=1, le=100)
    waiting: int = setting(
        2000, "Summaries that this process has under way; what is asked for beyond is written later.", ge=1, le=100_000
    )

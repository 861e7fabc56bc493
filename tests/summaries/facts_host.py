"""What the provider that comes with us says, asked by the host in the process of the test."""

from collections.abc import Sequence

from bg_graph.graph.errors import Coded
from bg_graph.hosting.fences.options import FenceOptions, Isolation
from bg_graph.hosting.hosted import Hosted
from bg_graph.hosting.storage import PassingStorage
from bg_graph.hosting.summaries import Answered, SummaryHost
from bg_graph.plugins.summaries import Subject, Summary
from bg_summary_facts.plugin import PLUGIN


async def facts_summaries(subjects: Sequence[Subject], locale: str = "en") -> list[Summary | Coded | None]:
    """What the facts provider alone says, as far as it may be shown."""
    fence = FenceOptions(isolation=Isolation.INLINE, deadline=30)
    held = Hosted(PLUGIN, "summary", PLUGIN.settings(), fence=fence, storage=PassingStorage())
    outcomes = await SummaryHost(lambda _tenant: (held,)).summarize("acme", subjects, locale=locale)
    return [each.summary if isinstance(each, Answered) else each for each in outcomes]

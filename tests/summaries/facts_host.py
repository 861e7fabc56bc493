"""What providers say, asked by the host in the process of the test."""

from collections.abc import Sequence
from typing import Any

from bg_graph.graph.errors import Coded
from bg_graph.hosting.fences.options import FenceOptions, Isolation
from bg_graph.hosting.hosted import Hosted
from bg_graph.hosting.storage import PassingStorage
from bg_graph.hosting.summaries import Answered, SummaryHost
from bg_graph.plugins.plugin import Plugin
from bg_graph.plugins.summaries import Subject, Summary
from bg_summary_facts.plugin import PLUGIN as FACTS
from bg_summary_openai.plugin import PLUGIN as OPENAI


def held(plugin: Plugin, **settings: Any) -> Hosted:
    """A plugin in use, without a fence."""
    fence = FenceOptions(isolation=Isolation.INLINE, deadline=60)
    return Hosted(plugin, "summary", plugin.settings.model_validate(settings), fence=fence, storage=PassingStorage())


def held_openai(url: str) -> Hosted:
    """The plugin of language models, with the endpoint of a test."""
    return held(OPENAI, base_url=url, model="little", structured="text", timeout=60)


async def facts_summaries(subjects: Sequence[Subject], locale: str = "en") -> list[Summary | Coded | None]:
    """What the facts provider alone says, as far as it may be shown."""
    return [each.summary if isinstance(each, Answered) else each for each in await asked(subjects, locale, held(FACTS))]


async def asked(subjects: Sequence[Subject], locale: str, *chain: Hosted) -> list[Any]:
    """What a chain of providers answers."""
    return list(await SummaryHost(lambda _tenant: chain).summarize("acme", subjects, locale=locale))

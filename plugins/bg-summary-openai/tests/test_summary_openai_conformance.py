"""The summaries of a language model pass the exam of summary providers, whose model here is an honest one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openai_server import Answer, honest, saying, speaking_in_a_thread

from bg_graph.plugins.testing.summary import SummaryProviderExam
from bg_summary_openai.plugin import PLUGIN

OPENERS = {
    "English": "This is what there is: of those with the most, it is ",
    "Dutch": "Dit is wat er is, en het meest van de ",
    "German": "Das ist es, und am meisten sind es die von ",
}


def fluent(question: dict[str, Any]) -> str:
    """An honest model that writes words of the language asked for."""
    asked = question["messages"][0]["content"]
    opener = next(words for language, words in OPENERS.items() if f"in {language}." in asked)
    return honest(question, opener)


class TestConformance(SummaryProviderExam):
    plugin = PLUGIN
    locales = ("en", "nl", "de")
    memory_calls = 300
    patience = 60.0

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        with (
            speaking_in_a_thread(saying(fluent)) as server,
            speaking_in_a_thread(lambda question: Answer(content=honest(question), wait=10)) as slow,
        ):
            self.server = server
            server.key = "sk-right-key"
            given = {"base_url": server.url, "model": "little", "api_key": "sk-right-key"}
            self.settings = given
            self.wrong_settings = {**given, "api_key": "sk-wrong-key"}
            self.down_settings = {**given, "base_url": "http://127.0.0.1:9/v1"}
            self.slow_settings = {**given, "base_url": slow.url}
            yield

    def forget(self) -> None:
        self.server.questions.clear()
        self.server.bodies.clear()
        self.server.heads.clear()

"""Each provider of a served demo is another one after a change of the settings alone."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openai_server import honest, saying, speaking_in_a_thread

from tests.cli.served import Served, demo, printed_until, run
from tests.email.mail_server import Recorder, mail_server_in_a_thread

pytestmark = pytest.mark.slow

OPENAI = Path(__file__).parents[2] / "plugins" / "bg-summary-openai"
SCREEN = """{ buyingGroups(first: 1, orderBy: [{field: ENGAGEMENT_SCORE, direction: DESC}]) { nodes { id
    aiSummary { text status provider { plugin name } }
    account { intentSignals(first: 3) { nodes { name strength model { plugin name } } } }
    members(first: 50) { nodes { id person { emailable } } } } } }"""
EMAILS = "query ($workspace: ID!) { approvedEmails(workspaceId: $workspace) { nodes { id } } }"
SEND = (
    "mutation ($input: SendEmailInput!) { sendEmail(input: $input) { userErrors { code message } emailSend { id } } }"
)

DONE = "query ($id: ID!) { emailSend(id: $id) { status } }"

SETTINGS = """
[providers]
summary = ["openai", "facts"]
intent = ["tides"]
email = "smtp"

[plugins.openai]
base_url = "{openai}"
model = "little"

[plugins.smtp]
host = "127.0.0.1"
port = {smtp}
sender = "news@demo.example"
tls = "none"
"""

TIDES = '''"""An intent model that finds everybody's interest in the first category certain."""

from bg_graph.plugins.health import Health
from bg_graph.plugins.intent import Prediction, Predictions
from bg_graph.plugins.plugin import Capability, Plugin
from bg_graph.plugins.summaries import Model
from pydantic import BaseModel


class Settings(BaseModel):
    pass


class Tides:
    def __init__(self, settings, context):
        pass

    async def predict(self, request):
        certain = [Prediction(subject=each, term=0, probability=0.99) for each in range(len(request.subjects))]
        return Predictions(model=Model(name="moon", version="3"), predictions=certain)

    async def train(self, request):
        return None

    async def check(self):
        return Health(healthy=True)

    async def close(self):
        pass


PLUGIN = Plugin(name="tides", version="1.0", title="Tides", settings=Settings, provides={Capability.INTENT: Tides})
'''


@dataclass(frozen=True)
class Answers:
    """What a screen shows, and where an e-mail came to."""

    summary: dict[str, Any]
    signals: list[dict[str, Any]]
    in_outbox: int
    at_server: int


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Answers, Answers]:
    """Before and after."""
    folder = tmp_path_factory.mktemp("swap")
    with mail_server_in_a_thread() as mail, speaking_in_a_thread(saying(honest)) as spoken:
        with demo(folder) as served:
            before = answered(served, mail, folder, key="before")
        (folder / "bg-graph.toml").write_text(SETTINGS.format(openai=spoken.url, smtp=mail.port))
        install(folder / "site", "tides", "tides")
        (folder / "site" / "tides.py").write_text(TIDES)
        install(folder / "site", "openai", "bg_summary_openai.plugin")
        given = {
            "BG_DATABASE_URL": f"sqlite:///{folder}/demo-data/bg-graph.sqlite",
            "PYTHONPATH": os.pathsep.join(map(str, (folder / "site", OPENAI))),
        }
        run("jobs", "run", "intent", folder=folder, **given)
        with printed_until("Ctrl+C", folder, "serve", "--port", "0", **given) as greeting:
            url = greeting.split("Serving ")[1].split()[0]
            after = answered(Served(greeting, url, served.token), mail, folder, key="after")
    return before, after


def install(site: Path, name: str, module: str) -> None:
    """A package with a plugin, as pip would leave it."""
    about = site / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[bg_graph.plugins]\n{name} = {module}:PLUGIN\n")


def answered(served: Served, mail: Recorder, folder: Path, *, key: str) -> Answers:
    """What a front-end sees, and where an e-mail to one member comes to."""
    group = until(lambda: served.ask(SCREEN)["data"]["buyingGroups"]["nodes"][0], current)
    workspace = served.ask("{ emailWorkspaces { id } }")["data"]["emailWorkspaces"][0]["id"]
    emails = served.ask(EMAILS, workspace=workspace)["data"]["approvedEmails"]["nodes"]
    members = [each["id"] for each in group["members"]["nodes"] if each["person"]["emailable"]]
    given = {
        "buyingGroupId": group["id"],
        "memberIds": members[:1],
        "workspaceId": workspace,
        "emailId": emails[0]["id"],
        "idempotencyKey": key,
    }
    sent = served.ask(SEND, input=given)["data"]["sendEmail"]
    assert sent["userErrors"] == []
    until(lambda: served.ask(DONE, id=sent["emailSend"]["id"])["data"]["emailSend"]["status"], "DONE".__eq__)
    in_outbox = len(list(folder.glob("demo-data/outbox/*/*.eml")))
    return Answers(group["aiSummary"], group["account"]["intentSignals"]["nodes"], in_outbox, len(mail.taken))


def current(group: dict[str, Any]) -> bool:
    """The first answer may be the last summary, marked STALE, while the new one is written."""
    return group["aiSummary"]["status"] == "FRESH"


def until(ask: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    """An answer, asked for until it is the wanted one."""
    for _ in range(200):
        answer = ask()
        if wanted(answer):
            return answer
        time.sleep(0.05)
    return pytest.fail(f"still {answer}")


def test_a_summary_is_written_anew_by_the_provider_that_is_named_now(answers: tuple[Answers, Answers]) -> None:
    before, after = (each.summary for each in answers)
    assert (before["provider"]["plugin"], after["provider"]["plugin"]) == ("facts", "openai")
    assert after["provider"]["name"] == "little"
    assert after["text"] != before["text"]


def test_intent_is_what_the_model_that_is_named_now_predicts(answers: tuple[Answers, Answers]) -> None:
    before, after = (each.signals for each in answers)
    assert {each["model"]["plugin"] for each in before} == {"activities"}
    assert {each["model"]["plugin"] for each in after} == {"tides"}
    assert after[0]["strength"] == 99


def test_an_email_leaves_by_the_provider_that_is_named_now(answers: tuple[Answers, Answers]) -> None:
    before, after = answers
    assert (before.in_outbox, before.at_server) == (1, 0)
    assert (after.in_outbox, after.at_server) == (1, 1)

"""`bg-graph demo`: one command from nothing to an answered query."""

import json
import re
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.cli.served import Served
from tests.cli.served import demo as served
from tests.cli.shell import Shell

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Served, dict[str, object]]:
    folder = tmp_path_factory.mktemp("demo")
    with served(folder) as demo:
        return folder, demo, demo.ask("{ buyingGroups(first: 3) { totalCount nodes { id name engagementScore } } }")


def test_the_first_start_answers_a_query(first_start: tuple[Path, Served, dict[str, object]]) -> None:
    _, demo, answer = first_start
    groups = answer["data"]["buyingGroups"]
    assert groups["totalCount"] > 20
    assert all(group["engagementScore"] is not None for group in groups["nodes"])
    assert "Three things to try first" in demo.greeting


def test_what_it_says_to_try_can_be_typed_as_it_stands(first_start: tuple[Path, Served, dict[str, object]]) -> None:
    folder, *_ = first_start
    with served(folder) as demo:
        command = re.search(r"curl .*\\\n.*", demo.greeting)
        assert command
        answered = subprocess.run(command.group(), shell=True, capture_output=True, text=True, check=True).stdout
    assert len(json.loads(answered)["data"]["buyingGroups"]["nodes"]) == 3


def test_a_second_start_serves_the_data_that_is_there(first_start: tuple[Path, Served, dict[str, object]]) -> None:
    folder, _, before = first_start
    with served(folder) as demo:
        assert "Making" not in demo.greeting
        assert demo.ask("{ buyingGroups(first: 3) { totalCount nodes { id name engagementScore } } }") == before


MAIL_SERVER = """
[providers]
email = "smtp"

[plugins.smtp]
host = "mail"
sender = "a@b.example"

[tenants.demo.providers]
email = "smtp"
"""


def test_what_is_sent_comes_to_its_outbox_even_where_a_mail_server_is_set(
    first_start: tuple[Path, Served, dict[str, object]],
) -> None:
    folder, *_ = first_start
    (folder / "bg-graph.toml").write_text(MAIL_SERVER)
    with served(folder) as demo:
        sent = send_to_one(demo)
        assert sent["userErrors"] == []
        request = urllib.request.Request(
            f"{demo.url}/plugins/outbox/messages", headers={"Authorization": f"Bearer {demo.token}"}
        )
        for _ in range(100):
            with urllib.request.urlopen(request, timeout=30) as response:
                messages = json.load(response)["messages"]
            if messages:
                break
            time.sleep(0.1)
    (folder / "bg-graph.toml").unlink()
    assert len(messages) == 1
    assert f"Outbox    {demo.url}/plugins/outbox/#token={demo.token}\n" in demo.greeting
    assert [path.stem for path in (folder / "demo-data" / "outbox").glob("*/*.eml")] == [messages[0]["key"]]


def send_to_one(demo: Served) -> dict[str, object]:
    workspace = demo.ask("{ emailWorkspaces { id } }")["data"]["emailWorkspaces"][0]["id"]
    emails = demo.ask(f'{{ approvedEmails(workspaceId: "{workspace}") {{ nodes {{ id }} }} }}')
    members = "members(first: 50) { nodes { id person { emailable } } }"
    group = demo.ask(f"{{ buyingGroups(first: 1) {{ nodes {{ id {members} }} }} }}")["data"]["buyingGroups"]["nodes"][0]
    given = {
        "buyingGroupId": group["id"],
        "memberIds": [member["id"] for member in group["members"]["nodes"] if member["person"]["emailable"]][:1],
        "workspaceId": workspace,
        "emailId": emails["data"]["approvedEmails"]["nodes"][0]["id"],
        "idempotencyKey": "first",
    }
    literal = ", ".join(f"{name}: {json.dumps(value)}" for name, value in given.items())
    return demo.ask(f"mutation {{ sendEmail(input: {{{literal}}}) {{ userErrors {{ code message }} }} }}")["data"][
        "sendEmail"
    ]


def test_another_demo_than_the_one_that_is_there_is_refused(
    first_start: tuple[Path, Served, dict[str, object]], shell: Shell
) -> None:
    folder = str(first_start[0] / "demo-data")
    message = shell.fault("demo", "--folder", folder, "--seed", "8", code=2)
    assert "holds a demo of --size small --seed 7" in message
    assert "--fresh" in message


def test_a_folder_with_other_things_is_left_alone(shell: Shell) -> None:
    (shell.folder / "mine").mkdir()
    (shell.folder / "mine" / "thesis.txt").touch()
    assert "holds other things than a demo" in shell.fault("demo", "--folder", "mine", code=1)
    assert "holds other things than a demo" in shell.fault("demo", "--folder", "mine", "--fresh", code=1)
    assert [path.name for path in (shell.folder / "mine").iterdir()] == ["thesis.txt"]


def test_a_taken_port_is_told_before_anything_is_made(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        message = shell.fault("demo", "--port", str(taken.getsockname()[1]), code=1)
    assert "Address already in use" in message
    assert not (shell.folder / "demo-data").exists()


def test_an_unknown_size_is_refused(shell: Shell) -> None:
    assert "There are: small, large" in shell.fault("demo", "--size", "huge", code=2)

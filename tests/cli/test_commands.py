"""The command line as a user meets it: real processes, what they print, and how they end."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bg_graph.cli.main import COMMANDS
from tests.cli.shell import PROGRAM, Shell


def test_help_names_every_command(shell: Shell) -> None:
    text = shell.out("--help")
    assert all(re.search(rf"^│ {name} ", text, re.MULTILINE) for name in COMMANDS)


def test_the_installed_program_ends_with_a_message_and_no_trace(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "BG_DATABASE_URL": "sqlite:////nowhere/none.sqlite"}
    done = subprocess.run([PROGRAM, "db", "check"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("bg-graph: the database sqlite:////nowhere/none.sqlite can't be reached")
    assert "Traceback" not in done.stderr


def test_help_loads_neither_the_database_nor_graphql() -> None:
    script = "import sys, bg_graph.cli.main; print([m for m in ('sqlalchemy', 'strawberry', 'pydantic') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(shell: Shell, name: str) -> None:
    assert "Usage: bg-graph " + name in shell.out(name, "--help")


def test_a_mistyped_command_is_answered_with_the_nearest(shell: Shell) -> None:
    assert "Did you mean 'token'?" in shell.fault("tokn", code=2)


def test_a_wrong_setting_stops_every_command_and_is_named(shell: Shell) -> None:
    assert "BG_SERVER_PROT" in shell.fault("db", "check", code=2, BG_SERVER_PROT="1")
    (shell.folder / "other.toml").write_text("[server]\nprot = 1\n")
    assert "server.prot ([server] in other.toml)" in shell.fault("--config", "other.toml", "db", "check", code=2)


def test_a_database_that_was_never_migrated_is_told_with_the_remedy(shell: Shell) -> None:
    assert "bg-graph db upgrade" in shell.fault("tenant", "list", code=1)
    assert "has no tables yet" in shell.fault("db", "check", code=1)


def test_while_another_process_writes_reading_goes_on_and_writing_says_what_to_do(
    ready: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bg_graph.store.engine.BUSY_TIMEOUT", 100)
    with closing(sqlite3.connect(ready.folder / "bg-graph.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "acme" in ready.out("tenant", "list")
        told = ready.fault("token", "create", "Ann", code=1)
    assert "database is locked" in told
    assert "Try again when it has ended" in told


def test_migrating_twice_changes_nothing(shell: Shell) -> None:
    assert "is now at revision" in shell.out("db", "upgrade")
    assert "is up to date" in shell.out("db", "upgrade")
    assert "is up to date" in shell.out("db", "check")


@pytest.mark.parametrize(
    "url", ["postgresql://ann:secret@127.0.0.1:1/none", "sqlite:////nowhere/none.sqlite"], ids=["postgresql", "sqlite"]
)
def test_a_database_that_can_not_be_reached_is_told_without_its_password(shell: Shell, url: str) -> None:
    shell.use(url)
    message = shell.fault("db", "check", code=1)
    assert "can't be reached" in message
    assert "BG_DATABASE_URL" in message
    assert "secret" not in message


def test_a_file_that_is_no_database_is_told(shell: Shell) -> None:
    (shell.folder / "bg-graph.sqlite").write_text("something else entirely, and long enough to be looked at" * 50)
    assert "file is not a database" in shell.fault("db", "check", code=1)


def test_a_token_is_printed_alone_listed_without_its_secret_and_revoked(database_url: str, shell: Shell) -> None:
    shell.use(database_url)
    shell.run("tenant", "create", "acme")
    secret = shell.out("token", "create", "Ann Weber", "--rights", "read,edit", "--days", "7").strip()
    assert re.fullmatch(r"bg_[\w-]{43}", secret)
    listed = shell.out("token", "list")
    assert secret not in listed
    assert re.search(r"Ann Weber +read, edit +good ", listed)
    token_id = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", listed)
    assert token_id
    shell.run("token", "revoke", token_id.group())
    assert re.search(r"Ann Weber +read, edit +revoked ", shell.out("token", "list"))
    assert "or it was revoked before" in shell.fault("token", "revoke", token_id.group(), code=1)


def test_a_token_with_an_unknown_right_is_refused(ready: Shell) -> None:
    assert "there is no right 'wirte'" in ready.fault("token", "create", "Ann", "--rights", "read,wirte", code=2)
    assert "at least one right" in ready.fault("token", "create", "Ann", "--rights", "", code=2)


def test_something_that_is_no_token_id_is_refused(ready: Shell) -> None:
    assert "bg-graph token list" in ready.fault("token", "revoke", "Ann", code=2)


def test_without_a_tenant_the_way_to_one_is_told(shell: Shell) -> None:
    shell.run("db", "upgrade")
    assert "bg-graph tenant create" in shell.fault("token", "list", code=1)


def test_of_two_tenants_one_must_be_named(ready: Shell) -> None:
    ready.run("tenant", "create", "globex")
    assert "one of acme, globex" in ready.fault("token", "list", code=2)
    assert "There are: acme, globex" in ready.fault("token", "list", "--tenant", "initech", code=2)
    ready.run("token", "create", "Ann", "--tenant", "globex")
    assert "Ann" in ready.out("token", "list", "--tenant", "globex")
    assert "Ann" not in ready.out("token", "list", "--tenant", "acme")


def test_a_tenant_that_exists_or_has_no_proper_name_is_refused(ready: Shell) -> None:
    assert "there is a tenant 'acme' already" in ready.fault("tenant", "create", "acme", code=1)
    assert "small letters" in ready.fault("tenant", "create", "Acme Inc.", code=2)
    assert "acme" in ready.out("tenant", "list")


def test_the_doctor_names_each_problem_with_its_remedy(shell: Shell) -> None:
    assert "-> bg-graph db upgrade" in shell.run("doctor", code=1).stdout
    shell.run("db", "upgrade")
    assert "-> bg-graph tenant create NAME" in shell.run("doctor", code=1).stdout
    shell.run("tenant", "create", "acme")
    assert "-> bg-graph token create NAME --tenant acme" in shell.run("doctor", code=1).stdout
    shell.run("token", "create", "Ann")
    assert "All is well." in shell.out("doctor")


def test_the_doctor_tells_whether_e_mail_can_be_sent(shell: Shell) -> None:
    assert "ok      e-mail by outbox: messages are kept in outbox" in shell.run("doctor", code=1).stdout
    assert not (shell.folder / "outbox").exists()
    smtp = {
        "BG_PROVIDERS__EMAIL": "smtp",
        "BG_PLUGINS__SMTP__SENDER": "news@example.com",
        "BG_PLUGINS__SMTP__HOST": "127.0.0.1",
        "BG_PLUGINS__SMTP__PORT": "1",
        "BG_PLUGINS__SMTP__USER": "news",
        "BG_PLUGINS__SMTP__PASSWORD": "s3cret",
    }
    text = shell.run("doctor", code=1, **smtp).stdout
    assert "PROBLEM e-mail by smtp: the mail server 127.0.0.1:1 can't be reached" in text
    assert "-> see [plugins.smtp] in docs/settings.md" in text
    assert "setting plugins.smtp.password = (set)" in text
    assert "setting plugins.smtp.port = 1" in text
    assert "s3cret" not in text


def test_the_doctor_tells_what_is_set_and_where_but_no_password(shell: Shell) -> None:
    (shell.folder / "bg-graph.toml").write_text("[logging]\nformat = 'json'\n")
    text = shell.run("doctor", code=1, BG_DATABASE_URL="postgresql://ann:secret@127.0.0.1:1/none").stdout
    assert "settings file: bg-graph.toml" in text
    assert "setting logging.format = json" in text
    assert "setting database.url = (set)" in text
    assert "PROBLEM the database postgresql://ann:***@127.0.0.1:1/none can't be reached" in text
    assert "secret" not in text


def test_the_example_set_up_applies_as_it_is_and_a_second_time_changes_nothing(ready: Shell) -> None:
    (ready.folder / "tenant.toml").write_text(ready.out("apply", "--example"))
    assert "nothing was applied" in ready.out("apply", "tenant.toml", "--dry-run")
    assert "Applied." in ready.out("apply", "tenant.toml")
    assert "0 added, 0 changed" in ready.out("apply", "tenant.toml")


def test_a_wrong_set_up_file_is_refused_with_line_and_key(ready: Shell) -> None:
    (ready.folder / "wrong.toml").write_text("\n[activity_weight]\nVISIT_PAGE = 1\n")
    message = ready.fault("apply", "wrong.toml", code=2)
    assert "nothing was applied; the file has one error" in message
    assert "wrong.toml:2: activity_weight: " in message
    assert "none.toml" in ready.fault("apply", "none.toml", code=2)
    assert "--example" in ready.fault("apply", code=2)


OLD_SCHEMA = "type Query { name(first: Int): String  kind: Kind }  enum Kind { A }"


@pytest.mark.parametrize(
    ("new", "code", "told"),
    [
        (OLD_SCHEMA, 0, "no change"),
        (OLD_SCHEMA.replace("}", "more: Int }", 1), 0, "safe: only additions and changed descriptions"),
        (
            OLD_SCHEMA.replace("{ A }", "{ A B }"),
            0,
            "dangerous: answers may surprise a client",
        ),
        (
            OLD_SCHEMA.replace("name(", "title("),
            1,
            "breaking: queries that worked would fail\n  Field Query.name was removed",
        ),
        (OLD_SCHEMA.replace("first: Int", "first: Int!"), 1, "breaking"),
    ],
    ids=["same", "safe", "dangerous", "field removed", "argument required"],
)
def test_a_schema_change_is_told_to_be_breaking_dangerous_or_safe(shell: Shell, new: str, code: int, told: str) -> None:
    (shell.folder / "old.graphql").write_text(OLD_SCHEMA)
    (shell.folder / "new.graphql").write_text(new)
    assert told in shell.run("schema", "diff", "old.graphql", "new.graphql", code=code).stdout


def test_the_exported_schema_is_checked_against_the_code(shell: Shell) -> None:
    assert "can't be read" in shell.fault("schema", "export", "--check", code=2)
    shell.run("schema", "export")
    assert "is current" in shell.out("schema", "export", "--check")
    file = shell.folder / "schema.graphql"
    assert shell.out("schema", "export", "-o", "-") == file.read_text()
    assert "no change" in shell.out("schema", "diff", "schema.graphql")
    file.write_text(file.read_text() + "# changed\n")
    assert "is not what the code gives" in shell.fault("schema", "export", "--check", code=1)
    assert "can't be written" in shell.fault("schema", "export", "-o", "nowhere/schema.graphql", code=2)


def test_a_file_that_is_no_schema_is_told(shell: Shell) -> None:
    (shell.folder / "old.graphql").write_text("type Query {")
    assert "old.graphql is no GraphQL schema" in shell.fault("schema", "diff", "old.graphql", "old.graphql", code=2)


def test_a_port_that_is_taken_is_told_with_the_way_out(ready: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = ready.fault("serve", "--port", str(port), code=1)
    assert f"127.0.0.1:{port} can't be served on: Address already in use" in message
    assert "--port" in message


def test_nothing_is_served_before_the_database_is_ready(shell: Shell) -> None:
    assert "bg-graph db upgrade" in shell.fault("serve", "--port", "0", code=1)


def test_a_served_installation_answers_a_query_and_stops_when_told(ready: Shell) -> None:
    token = ready.out("token", "create", "Ann").strip()
    with subprocess.Popen([PROGRAM, "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as served:
        assert served.stdout
        address = re.search(r"http://\S+", served.stdout.readline().decode())
        assert address
        answer = ready.out("query", "{ viewer { name } }", "--token", token, "--url", f"{address.group()}/graphql")
        served.send_signal(signal.SIGTERM)
        _, log = served.communicate(timeout=20)
    assert json.loads(answer) == {"data": {"viewer": {"name": "Ann"}}}
    assert served.returncode in (0, -signal.SIGTERM)
    assert b"Traceback" not in log

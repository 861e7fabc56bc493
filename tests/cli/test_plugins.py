"""`bg-graph plugins list`, `show` and `doctor`: what an operator sees of plugins, of which some are faulty."""

import pytest

from tests.cli.shell import Shell
from tests.hosting.acme_plugins import install_acme
from tests.hosting.installed_plugins import Installation

NOTHING_ELSE = "intent = []"


@pytest.fixture(autouse=True)
def acme(shell: Shell, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    install_acme(Installation(tmp_path_factory.mktemp("site"), monkeypatch))


def configured(shell: Shell, *lines: str) -> None:
    (shell.folder / "bg-graph.toml").write_text("\n".join(lines))


def states(output: str) -> dict[str, tuple[str, str]]:
    """Plugin to what it serves and its state."""
    rows = [line.split() for line in output.splitlines() if " acme-plugins" in line or " bg-graph" in line]
    return {row[0]: (row[2], row[3]) for row in rows}


def test_list_tells_what_is_installed_and_whether_it_works(shell: Shell) -> None:
    configured(shell, "[providers]", NOTHING_ELSE, 'summary = ["good", "facts"]', "[plugins.hooked]")
    shown = states(shell.out("plugins", "list"))
    assert shown["good"] == ("summary", "HEALTHY")
    assert shown["facts"] == ("summary", "HEALTHY")
    assert shown["hooked"] == ("hooks", "HEALTHY")
    assert shown["spare"][1] == shown["broken"][1] == "NOT_ENABLED"


def test_list_fails_where_one_in_use_does_not_work_and_says_why(shell: Shell) -> None:
    configured(
        shell,
        "[providers]",
        NOTHING_ELSE,
        'summary = ["away", "raising", "facts"]',
        "[plugins.broken]",
        "[plugins.newer]",
    )
    ended = shell.run("plugins", "list", code=1)
    shown = states(ended.stdout)
    assert shown["away"][1] == shown["raising"][1] == "DOWN"
    assert (shown["broken"][1], shown["newer"][1]) == ("FAILED", "INCOMPATIBLE")
    assert "away: check: the model is away" in ended.stdout
    assert "s3cret" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("command", ["list", "doctor"])
def test_what_failing_plugins_log_is_not_among_what_is_printed(command: str, shell: Shell) -> None:
    configured(
        shell, "[providers]", NOTHING_ELSE, 'summary = ["raising", "facts"]', "[plugins.mishooked]", "[plugins.broken]"
    )
    ended = shell.run("plugins", command, code=1)
    for line in ("plugin failed", "hooks of a plugin can't be used", "plugin can't be used"):
        assert line not in ended.stdout
        assert line in ended.stderr


def test_list_lists_also_where_a_setting_is_wrong(shell: Shell) -> None:
    configured(shell, "[plugins.good]", "reigon = 'eu'")
    output = shell.run("plugins", "list", code=1).stdout
    assert states(output)["good"] == ("summary", "MISCONFIGURED")
    assert "setting plugins.good.reigon" in output
    assert "did you mean region?" in output


def test_a_tenant_with_a_choice_of_its_own_is_told(shell: Shell) -> None:
    configured(shell, "[providers]", NOTHING_ELSE, "[tenants.contoso.providers]", 'summary = ["spare"]')
    [line] = [line for line in shell.out("plugins", "list").splitlines() if line.strip().startswith("spare")]
    assert "contoso" in line


def test_show_tells_all_that_a_plugin_says_of_itself(shell: Shell) -> None:
    configured(shell, "[plugins.good]", "region = 'us'")
    output = shell.out("plugins", "show", "good", BG_PLUGINS__GOOD__API_KEY="s3cret")
    for text in (
        "acme-plugins 3.1",
        "contract   1.0; this host runs 1.0",
        "summary, by acme_plugins.Good",
        "enabled    yes",
        "region = us ([plugins.good]",
        "Where the model runs. Default: eu.",
        "api_key = (set, environment",
        "BG_PLUGINS__GOOD__API_KEY or ..._FILE; never in the settings file",
    ):
        assert text in output
    assert "s3cret" not in output


def test_show_tells_of_one_that_is_not_enabled(shell: Shell) -> None:
    output = shell.out("plugins", "show", "hooked")
    assert "hooks      register_checks, register_fields" in output
    assert "api_key = (not set)" in output
    assert "give it a table [plugins.hooked]" in output


def test_show_tells_why_one_can_not_be_used(shell: Shell) -> None:
    assert "can't be imported" in shell.out("plugins", "show", "broken") or "AttributeError" in shell.out(
        "plugins", "show", "broken"
    )
    assert "9.0" in shell.out("plugins", "show", "newer")


@pytest.mark.parametrize("command", ["show", "doctor"])
def test_a_plugin_that_is_not_installed_is_told(command: str, shell: Shell) -> None:
    assert "not installed (did you mean good?)" in shell.fault("plugins", command, "goood", code=2)


def test_doctor_has_each_provider_check_itself(shell: Shell) -> None:
    configured(shell, "[providers]", NOTHING_ELSE, 'summary = ["good", "facts"]', "[plugins.hooked]")
    output = shell.out("plugins", "doctor")
    assert "ok      summary by good, for all tenants: all is well" in output
    assert "ok      check hooked-well (Always.): ok" in output
    assert "All is well." in output


def test_doctor_recommends_a_process_for_what_is_not_ours(shell: Shell) -> None:
    configured(shell, "[providers]", NOTHING_ELSE, 'summary = ["good", "facts"]')
    output = shell.out("plugins", "doctor")
    assert 'set isolation = "process" under [plugins.good.fence]' in output
    assert "[plugins.facts.fence]" not in output
    configured(
        shell, "[providers]", NOTHING_ELSE, 'summary = ["good"]', "[plugins.good.fence]", 'isolation = "process"'
    )
    assert "isolation =" not in shell.out("plugins", "doctor", "good")


def test_doctor_tells_every_problem_with_its_remedy(shell: Shell) -> None:
    chain = 'summary = ["away", "wrong", "facts"]'
    configured(shell, "[providers]", NOTHING_ELSE, chain, "[plugins.mishooked]", "[plugins.newer]", "[plugins.broken]")
    output = shell.run("plugins", "doctor", code=1).stdout
    for text in (
        "PROBLEM summary by away, for all tenants: the model is away",
        "PROBLEM summary by wrong, for all tenants: the key is refused",
        "PROBLEM The hooks of the plugin mishooked are left out: unknown hook 'register_nothing'",
        "PROBLEM plugin newer of acme-plugins 3.1 can't be used",
        "PROBLEM plugin broken of acme-plugins 3.1 can't be used",
        "5 problem(s)",
    ):
        assert text in output


def test_doctor_tells_wrong_settings(shell: Shell) -> None:
    configured(shell, "[plugins.good]", "region = 3")
    output = shell.run("plugins", "doctor", code=1).stdout
    assert "PROBLEM setting plugins.good.region" in output


def test_doctor_can_be_asked_of_one(shell: Shell) -> None:
    configured(shell, "[providers]", NOTHING_ELSE, 'summary = ["away", "facts"]')
    assert "All is well." in shell.out("plugins", "doctor", "facts")
    assert "is not enabled" in shell.out("plugins", "doctor", "spare")

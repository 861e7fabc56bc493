"""Which plugins are loaded: those that are named; and that nothing a plugin does when it is loaded stops the start."""

import sys
from pathlib import Path

import pytest

from bg_graph.hosting.discovery import Loading, discover, installed_points, to_install
from tests.hosting.installed_plugins import Installation

GOOD = "PLUGIN = Plugin(name='acme', version='1', title='ACME')"


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    (tmp_path / "site").mkdir()
    return Installation(tmp_path / "site", monkeypatch)


def one(installation: Installation, code: str, name: str = "acme", **version: tuple[int, int]):
    module = f"plugin_{abs(hash(code))}"
    installation.install("acme-plugins", module, code, version="2.1", **{name: f"{module}:PLUGIN"})
    return discover({name}, installation.points, **version)[name]


def test_our_own_are_installed_and_come_through_the_same_door() -> None:
    found = discover({"facts", "outbox"})
    assert {"facts", "activities", "outbox", "smtp"} <= set(found)
    assert {name for name, each in found.items() if each.is_loaded} == {"facts", "outbox"}
    assert found["facts"].distribution == "bg-graph"
    assert found["smtp"].loading is Loading.NOT_ENABLED
    assert {each.name for each in installed_points()} == set(found)


def test_what_no_configuration_names_is_listed_and_not_imported(installation: Installation) -> None:
    installation.install("acme-plugins", "never_imported", "raise SystemExit('imported')", acme="never_imported:PLUGIN")
    found = discover(set(), installation.points)["acme"]
    assert (found.loading, found.distribution, found.version) == (Loading.NOT_ENABLED, "acme-plugins", "1.0")
    assert "never_imported" not in sys.modules


def test_a_plugin_that_is_named_is_loaded(installation: Installation) -> None:
    found = one(installation, GOOD)
    assert found.is_loaded
    assert (found.plugin.title, found.distribution, found.version, found.why) == ("ACME", "acme-plugins", "2.1", None)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (
            "raise RuntimeError('no licence')",
            "can't be imported (RuntimeError: no licence): install a acme-plugins that works",
        ),
        ("import sys; sys.exit(3)", "can't be imported (SystemExit: 3)"),
        ("import not_there_at_all", "can't be imported (ModuleNotFoundError"),
        ("PLUGIN =", "can't be imported (SyntaxError"),
        ("OTHER = 1", "can't be imported (AttributeError"),
        ("PLUGIN = 'acme'", "its entry point leads to a str, not to a Plugin"),
        (
            "PLUGIN = Plugin(name='other', version='1', title='ACME')",
            "calls itself 'other' and its entry point is 'acme'",
        ),
        ("PLUGIN = Plugin(name='acme', version='1', title='A', settings=dict)", "its settings are no pydantic model"),
        ("PLUGIN = Plugin(name='acme', version='1', title='A', provides={'crm': print})", "it provides 'crm', and the"),
        ("PLUGIN = Plugin(name='acme', version='1', title='A', provides={'email': 1})", "'email' can't be called"),
        ("PLUGIN = Plugin(name='acme', version='1', title='A', provides=[])", "no mapping of capabilities"),
        (
            "class S(BaseModel):\n    fence: int = Field(1, description='x')\n"
            "PLUGIN = Plugin(name='acme', version='1', title='A', settings=S)",
            "a field `fence`, which is the host's",
        ),
    ],
)
def test_a_plugin_that_can_not_be_used_is_told_and_stops_nothing(
    installation: Installation, code: str, why: str
) -> None:
    found = one(installation, code)
    assert found.loading is Loading.FAILED
    assert why in found.why


def test_a_plugin_that_does_not_fit_is_told_with_what_to_install(installation: Installation) -> None:
    code = "PLUGIN = Plugin(name='acme', version='1', title='ACME', api=(9, 0))"
    found = one(installation, code)
    assert found.loading is Loading.INCOMPATIBLE
    assert found.why.endswith("install a newer bg-graph, or an older acme-plugins.")


def test_a_plugin_for_the_version_before_runs_and_is_told_ahead_of_the_removal(installation: Installation) -> None:
    found = one(installation, GOOD, api=(2, 0))
    assert found.is_loaded
    assert "stops running with version 3: install a acme-plugins that is made for 2.0 or later" in found.why


def test_a_package_that_is_carried_by_another_too_counts_once_and_as_itself(installation: Installation) -> None:
    installation.install("bg-graph", "twice", GOOD, acme="twice:PLUGIN")
    installation.install("bg-summary-acme", "twice", GOOD, acme="twice:PLUGIN")
    found = discover({"acme"}, installation.points)["acme"]
    assert (found.is_loaded, found.distribution) == (True, "bg-summary-acme")


def test_two_packages_that_bring_different_plugins_of_one_name_are_told(installation: Installation) -> None:
    installation.install("acme-one", "first_of_two", GOOD, acme="first_of_two:PLUGIN")
    installation.install("acme-two", "second_of_two", GOOD, acme="second_of_two:PLUGIN")
    found = discover({"acme"}, installation.points)["acme"]
    assert found.loading is Loading.FAILED
    assert found.why == "Several packages bring a plugin acme: acme-one and acme-two. Uninstall all but one."
    assert "first_of_two" not in sys.modules


def test_what_to_install_is_an_extra_of_ours_or_somebody_elses_package() -> None:
    assert to_install("marketo") == 'install it: pip install "bg-graph[marketo]"'
    assert "bg-<kind>-acme" in to_install("acme")

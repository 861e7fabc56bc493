"""Which versions of the contract a host runs, warns of, and refuses; each with what to install."""

import pytest

from bg_graph.hosting.rules.fitting import fit_of


@pytest.mark.parametrize(
    ("made_for", "host", "runs", "deprecated"),
    [
        ((1, 0), (1, 0), True, False),
        ((1, 0), (1, 7), True, False),
        ((1, 7), (1, 7), True, False),
        ((1, 8), (1, 7), False, False),
        ((1, 3), (2, 0), True, True),
        ((1, 99), (2, 0), True, True),
        ((1, 0), (3, 0), False, False),
        ((2, 0), (1, 9), False, False),
    ],
)
def test_a_host_runs_its_own_major_and_the_one_before(
    made_for: tuple[int, int], host: tuple[int, int], runs: bool, deprecated: bool
) -> None:
    fit = fit_of("acme", "bg-email-acme", made_for, host)
    assert (fit.runs, fit.is_deprecated) == (runs, deprecated)
    assert (fit.sentence is None) == (runs and not deprecated)


def test_whoever_is_too_new_is_told_to_have_a_newer_host_or_an_older_plugin() -> None:
    assert fit_of("acme", "bg-email-acme", (1, 3), (1, 0)).sentence == (
        "The plugin acme needs version 1.3 of the plugin API, and this bg-graph has 1.0: "
        "install a newer bg-graph, or an older bg-email-acme."
    )


def test_whoever_is_too_old_is_told_to_have_a_newer_plugin() -> None:
    assert (fit_of("acme", "bg-email-acme", (1, 3), (3, 0)).sentence or "").endswith("install a newer bg-email-acme.")


@pytest.mark.parametrize("made_for", [None, 1, "1.0", (1,), (1, 0, 0), ("1", "0"), (1, -1), (True, False), [1, 0]])
def test_what_is_no_version_is_refused(made_for: object) -> None:
    assert not fit_of("acme", "bg-email-acme", made_for, (1, 0)).runs

"""The exams pass providers that keep the contract, and catch each seeded fault by the check that is there for it.

`scripts/faults` makes all checks of each fault, which takes ten minutes, and tells how many it alone catches.
"""

import pytest

from bg_graph.plugins.plugin import Capability
from bg_graph.plugins.testing.checks import Outcome
from bg_graph.plugins.testing.exam import ProviderExam
from tests.plugins.faults import email_faults, intent_faults, summary_faults
from tests.plugins.faults.good_email import GoodMailExam
from tests.plugins.faults.good_intent import GoodModelExam
from tests.plugins.faults.good_summary import GoodWriterExam
from tests.plugins.faults.running import Fault

GOOD: list[type[ProviderExam]] = [GoodMailExam, email_faults.GoodListsExam, GoodWriterExam, GoodModelExam]
FAULTS: list[Fault] = [*email_faults.FAULTS, *summary_faults.FAULTS, *intent_faults.FAULTS]


@pytest.mark.parametrize("exam", GOOD, ids=[f"{each.capability}-{number}" for number, each in enumerate(GOOD)])
def test_a_good_provider_passes_everything(exam: type[ProviderExam]) -> None:
    results = exam.examined()
    wrong = [each for each in results if each.outcome in (Outcome.FAILED, Outcome.SKIPPED)]
    assert wrong == []
    assert sum(each.outcome is Outcome.PASSED for each in results) > len(results) * 0.7


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_seeded_fault_is_caught_for_the_right_reason(fault: Fault) -> None:
    (result,) = fault.examined(f"test_{fault.caught_by}")
    assert result.outcome is Outcome.FAILED
    assert fault.says in result.reason


@pytest.mark.parametrize("capability", list(Capability))
def test_each_capability_has_twenty_seeded_faults_and_more(capability: Capability) -> None:
    assert len({each.name for each in FAULTS if each.exam.capability is capability}) >= 20


@pytest.mark.parametrize("exam", GOOD, ids=[f"{each.capability}-{number}" for number, each in enumerate(GOOD)])
def test_every_check_has_a_seeded_fault_that_it_catches(exam: type[ProviderExam]) -> None:
    meant = {f"test_{each.caught_by}" for each in FAULTS if each.exam.capability is exam.capability}
    assert {each.name for each in exam.checks()} - meant == set()

"""The figures of the exams: checks, faults seeded, caught, caught by one check alone. Run as a module."""

import sys
from collections.abc import Sequence

from bg_graph.plugins.testing.checks import Result
from bg_graph.plugins.testing.exam import ProviderExam
from tests.plugins.faults import email_faults, intent_faults, summary_faults
from tests.plugins.faults.good_email import GoodMailExam
from tests.plugins.faults.good_intent import GoodModelExam
from tests.plugins.faults.good_summary import GoodWriterExam
from tests.plugins.faults.running import Fault, failed

SEEDED: Sequence[tuple[type[ProviderExam], Sequence[Fault]]] = (
    (GoodMailExam, email_faults.FAULTS),
    (GoodWriterExam, summary_faults.FAULTS),
    (GoodModelExam, intent_faults.FAULTS),
)


def main() -> int:
    print(
        "| capability | checks | faults seeded | caught | by the check meant for it, for its reason | by that alone |"
    )
    print("|---|---|---|---|---|---|")
    missed = []
    for exam, faults in SEEDED:
        caught = {fault.name: failed(fault.examined()) for fault in faults}
        rightly = [fault.name for fault in faults if any(_is_meant(fault, each) for each in caught[fault.name])]
        missed += [fault.name for fault in faults if fault.name not in rightly]
        alone = sum(len(caught[name]) == 1 for name in rightly)
        count = sum(bool(results) for results in caught.values())
        counts = f"{len(exam.checks())} | {len(faults)} | {count} | {len(rightly)} | {alone}"
        print(f"| {exam.capability} | {counts} |", flush=True)
    for name in missed:
        print("not caught by its check:", name)
    return bool(missed)


def _is_meant(fault: Fault, result: Result) -> bool:
    return result.check == f"test_{fault.caught_by}" and fault.says in result.reason


if __name__ == "__main__":
    sys.exit(main())

"""The figures of the exams: checks, faults seeded, caught, caught by one check alone. Run as a module."""

import sys
from collections.abc import Sequence

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
    print("| capability | checks | faults seeded | caught | caught by one check alone |\n|---|---|---|---|---|")
    missed = []
    for exam, faults in SEEDED:
        caught = {fault.name: {each.check for each in failed(fault.examined())} for fault in faults}
        missed += [fault.name for fault in faults if f"test_{fault.caught_by}" not in caught[fault.name]]
        alone = sum(len(checks) == 1 for checks in caught.values())
        count = sum(bool(checks) for checks in caught.values())
        print(f"| {exam.capability} | {len(exam.checks())} | {len(faults)} | {count} | {alone} |", flush=True)
    for name in missed:
        print("not caught by its check:", name)
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())

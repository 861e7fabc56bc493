"""Measures time and peak memory of the model alone, in memory: columns of the contract in, predictions out.

    .venv/bin/python benchmarks/intent/scale.py [--people 100000] [--activities 1000000 10000000] [--results FILE]

from the repository's root. Each measure is a process of its own. "one request" asks for all subjects at once; "requests of the
job" hands over whole accounts, about 200,000 activities at a time as the job does, and keeps no answer. "one more day" then
adds a ninetieth of the activities and asks for the accounts that did something.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from crowd import CATEGORIES, PEOPLE_OF_AN_ACCOUNT, _contents, taxonomy
from run import model
from worlds import AS_OF, DAY, KINDS

from bg_graph.plugins.intent import (
    Activities,
    Content,
    IntentRequest,
    IntentSubject,
    IntentSubjectKind,
    Term,
    TermKind,
)

MEMBERS = 4
OF_A_REQUEST = 200_000
DAYS = 90
WAYS = ("one request", "requests of the job", "one more day")


@dataclass(frozen=True, slots=True)
class Crowd:
    """Everything of some people, as columns sorted by account."""

    people: int
    persons: np.ndarray
    times: np.ndarray
    kinds: np.ndarray
    contents: np.ndarray
    names: tuple[Content, ...]
    terms: tuple[Term, ...]


def terms() -> tuple[Term, ...]:
    """Four categories of five products with ten keywords: 224 terms."""
    found: list[Term] = []
    for category in taxonomy():
        top = len(found)
        found.append(Term(kind=TermKind.CATEGORY, name=category.name))
        for product in category.products:
            place = len(found)
            found.append(Term(kind=TermKind.PRODUCT, name=product.name, parent=top))
            found += (Term(kind=TermKind.KEYWORD, name=word, parent=place) for word in product.keywords)
    return tuple(found)


def crowd(people: int, activities: int, seed: int = 5) -> Crowd:
    """People of whom an eighth are at accounts interested in a product; half of what those read is about it."""
    chance, told = np.random.default_rng(seed), _contents()
    zeal = chance.lognormal(0, 1, people)
    persons = np.repeat(np.arange(people, dtype=np.int32), chance.multinomial(activities, zeal / zeal.sum()))
    products = sum(len(of) for of in CATEGORIES.values())
    interest = chance.integers(0, products * 8, people // PEOPLE_OF_AN_ACCOUNT + 1)[persons // PEOPLE_OF_AN_ACCOUNT]
    contents = chance.integers(0, len(told), activities, dtype=np.int32)
    of_product = np.array([each[3] for each in told])
    for product in range(products):
        keen = np.flatnonzero((interest == product) & (chance.random(activities, np.float32) < 0.5))
        contents[keen] = chance.choice(np.flatnonzero(of_product == product), len(keen))
    times = int(AS_OF.timestamp()) - chance.integers(0, DAYS * DAY, activities)
    kinds = chance.choice(len(KINDS), activities, p=(0.35, 0.45, 0.15, 0.03, 0.02)).astype(np.int32)
    names = tuple(
        Content(name=name, url=url, topics=tuple(json.loads(topics)) if topics[0] == "[" else ())
        for name, url, topics, _ in told
    )
    return Crowd(people, persons, times, kinds, contents, names, terms())


def column(code: str, values: np.ndarray) -> "array[int]":
    """A column of the contract."""
    found = array(code)
    found.frombytes(values.astype(np.int64 if code == "q" else np.int32).tobytes())
    return found


def request(everything: Crowd, first: int, last: int) -> IntentRequest:
    """The accounts from one to another, with all their people, a group of each, and themselves as subjects."""
    start, stop = first * PEOPLE_OF_AN_ACCOUNT, min(last * PEOPLE_OF_AN_ACCOUNT, everything.people)
    rows = slice(*np.searchsorted(everything.persons, [start, stop]))
    subjects = []
    for account in range(last - first):
        people = range(account * PEOPLE_OF_AN_ACCOUNT, min((account + 1) * PEOPLE_OF_AN_ACCOUNT, stop - start))
        subjects += (
            IntentSubject(kind=IntentSubjectKind.PERSON, account=account, persons=array("i", [each])) for each in people
        )
        for kind, some in ((IntentSubjectKind.GROUP, people[:MEMBERS]), (IntentSubjectKind.ACCOUNT, people)):
            subjects.append(IntentSubject(kind=kind, account=account, persons=array("i", some)))
    return IntentRequest(
        tenant="scale", as_of=AS_OF, window_days=DAYS, taxonomy=everything.terms, kinds=KINDS, contents=everything.names,
        accounts=last - first, person_accounts=column("i", np.arange(stop - start) // PEOPLE_OF_AN_ACCOUNT),
        activities=Activities(
            persons=column("i", everything.persons[rows] - start), times=column("q", everything.times[rows]),
            kinds=column("i", everything.kinds[rows]), contents=column("i", everything.contents[rows]),
        ),
        subjects=tuple(subjects),
    )  # fmt: skip


def requests(everything: Crowd, size: int) -> Iterator[IntentRequest]:
    """Whole accounts, up to so many activities at a time."""
    accounts = -(-everything.people // PEOPLE_OF_AN_ACCOUNT)
    ends = np.searchsorted(everything.persons // PEOPLE_OF_AN_ACCOUNT, np.arange(accounts), side="right")
    first = 0
    while first < accounts:
        before = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + size, side="right")))
        yield request(everything, first, last)
        first = last


def with_another_day(everything: Crowd) -> tuple[Crowd, int]:
    """The accounts that did something on a new day, with all that they did in the 90 days up to its end; how many they are."""
    chance = np.random.default_rng(6)
    new = chance.integers(0, len(everything.persons), len(everything.persons) // DAYS)
    keep = np.isin(
        everything.persons // PEOPLE_OF_AN_ACCOUNT, np.unique(everything.persons[new] // PEOPLE_OF_AN_ACCOUNT)
    )
    keep &= everything.times >= AS_OF.timestamp() - (DAYS - 1) * DAY
    rows = np.concatenate([np.flatnonzero(keep), new])
    rows = rows[np.argsort(everything.persons[rows], kind="stable")]
    lasted = np.where(keep[rows], everything.times[rows], AS_OF.timestamp() - chance.integers(0, DAY, len(rows)))
    touched, numbers = np.unique(everything.persons[rows] // PEOPLE_OF_AN_ACCOUNT, return_inverse=True)
    persons = (numbers * PEOPLE_OF_AN_ACCOUNT + everything.persons[rows] % PEOPLE_OF_AN_ACCOUNT).astype(np.int32)
    some = replace(
        everything,
        people=len(touched) * PEOPLE_OF_AN_ACCOUNT,
        persons=persons,
        times=lasted,
        kinds=everything.kinds[rows],
        contents=everything.contents[rows],
    )
    return some, len(touched)


def peak() -> int:
    """Largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def work(people: int, activities: int, way: str) -> None:
    """One measure; told as JSON."""
    everything = crowd(people, activities)
    accounts = people // PEOPLE_OF_AN_ACCOUNT
    if way == "one more day":
        everything, accounts = with_another_day(everything)
    whole = len(everything.persons) if way == "one request" else OF_A_REQUEST
    asked, using = requests(everything, max(whole, 1)), model(evidence=5)
    before, seconds, first_batch, count, said = peak(), 0.0, 0.0, 0, 0
    processor = time.process_time()
    for each in asked:
        begin = time.perf_counter()
        said += len(asyncio.run(using.predict(each)).predictions)
        taken = time.perf_counter() - begin
        seconds, count, first_batch = seconds + taken, count + 1, first_batch or taken
    told = {
        "people": people, "activities": activities, "way": way, "accounts": accounts, "read": len(everything.persons),
        "requests": count, "seconds": round(seconds, 1), "processor": round(time.process_time() - processor, 1),
        "predictions": said, "before_mb": before, "peak_mb": peak(),
    }  # fmt: skip
    print(json.dumps(told))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--activities", type=int, nargs="*", default=[1_000_000, 10_000_000])
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=WAYS)
    parser.add_argument("--results", type=Path, help="a file that each result is added to as a line of JSON")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        people, activities, way = given.work
        work(int(people), int(activities), way)
        return
    print(
        "| people | activities | | accounts | read | requests | seconds | of processor | predictions | MB before | MB at most |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for activities in given.activities:
        for way in given.ways:
            command = [sys.executable, __file__, "--work", str(given.people), str(activities), way]
            line = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            told = json.loads(line)
            print(
                "| "
                + " | ".join(f"{value:,}" if isinstance(value, int) else str(value) for value in told.values())
                + " |",
                flush=True,
            )
            if given.results:
                with given.results.open("a", encoding="utf-8") as file:
                    file.write(line)


if __name__ == "__main__":
    main()

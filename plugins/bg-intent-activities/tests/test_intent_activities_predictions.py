import asyncio
import logging
from array import array
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.intent import (
    Activities,
    Content,
    IntentRequest,
    IntentSubject,
    IntentSubjectKind,
    Term,
    TermKind,
)
from bg_intent_activities.model import ActivitiesModel
from bg_intent_activities.prior import shipped
from bg_intent_activities.settings import ActivitiesSettings

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
DAY = 86_400
TAXONOMY = (
    Term(kind=TermKind.CATEGORY, name="Data Platform"),
    Term(kind=TermKind.PRODUCT, name="Query Engine", parent=0),
    Term(kind=TermKind.KEYWORD, name="data lake", parent=1),
    Term(kind=TermKind.KEYWORD, name="concurrency", parent=1),
    Term(kind=TermKind.CATEGORY, name="Field Service"),
    Term(kind=TermKind.PRODUCT, name="Dispatch Planner", parent=4),
    Term(kind=TermKind.KEYWORD, name="route optimisation", parent=5),
)
CONTENTS = (
    Content(name="Ten questions about data lakes", url="https://x.example/blog/data-lake", topics=("data lake",)),
    Content(name="Concurrency without tears", topics=("concurrency",)),
    Content(name="Optimizing routes", url="https://x.example/route-optimization"),
    Content(name="Careers", url="https://x.example/careers"),
)
KINDS = ("VISIT_PAGE", "FILL_FORM", "OPEN_EMAIL")


class NoStorage:
    async def get(self, tenant, key):
        return None

    async def put(self, tenant, key, value): ...

    async def list(self, tenant, prefix=""):
        return {}


def model(**settings_of):
    context = ProviderContext(plugin="activities", logger=logging.getLogger("activities"), storage=NoStorage())
    return ActivitiesModel(ActivitiesSettings(**settings_of), context)


def request(persons, acts, *, groups=(), **changed):
    """Persons: the account of each. Acts: person, days before, kind, content. Subjects: persons, accounts, groups."""
    accounts = max(persons, default=-1) + 1
    subjects = [
        IntentSubject(kind=IntentSubjectKind.PERSON, account=account, persons=array("i", [number]))
        for number, account in enumerate(persons)
    ]
    for account in range(accounts):
        people = array("i", [number for number, of in enumerate(persons) if of == account])
        subjects.append(IntentSubject(kind=IntentSubjectKind.ACCOUNT, account=account, persons=people))
    subjects += [
        IntentSubject(kind=IntentSubjectKind.GROUP, account=persons[people[0]], persons=array("i", people))
        for people in groups
    ]
    now = int(AS_OF.timestamp())
    columns = list(zip(*acts, strict=True)) or [(), (), (), ()]
    asked = IntentRequest(
        tenant="acme", as_of=AS_OF, window_days=90, taxonomy=TAXONOMY, kinds=KINDS, contents=CONTENTS, accounts=accounts,
        person_accounts=array("i", persons),
        activities=Activities(
            persons=array("i", columns[0]), times=array("q", [now - int(days * DAY) for days in columns[1]]),
            kinds=array("i", columns[2]), contents=array("i", columns[3]),
        ),
        subjects=tuple(subjects),
    )  # fmt: skip
    return replace(asked, **changed)


def chances(asked, using=None):
    answer = asyncio.run((using or model()).predict(asked))
    return {(each.subject, each.term): each for each in answer.predictions}


def reading(person, content, times, since=1):
    return [(person, since + days, 1, content) for days in range(times)]


def test_who_reads_about_a_keyword_is_interested_in_it_its_product_and_category():
    found = chances(request([0], reading(0, 0, 8)))
    assert {term for subject, term in found if subject == 0} == {0, 1, 2}
    assert found[0, 2].probability > 0.5


def test_nobody_who_read_anything_is_interested_in_nothing():
    assert chances(request([0, 0, 1], [])) == {}
    assert chances(request([], [])) == {}


def test_the_activities_that_spoke_for_an_interest_are_told_strongest_first():
    acts = [(0, 30, 0, 0), *reading(0, 3, 3), (0, 1, 1, 0), (0, 2, 1, 0), (0, 3, 1, 0), (0, 4, 1, 0)]
    spoke = chances(request([0], acts))[0, 2].evidence
    assert [row for row, _ in spoke] == [4, 5, 6, 7, 0]
    weights = [weight for _, weight in spoke]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0


def test_words_are_compared_by_stems_and_spellings():
    found = chances(request([0], reading(0, 2, 8)))
    assert found[0, 6].probability > 0.5


@pytest.mark.parametrize("times", [2, 8, 16])
def test_an_old_interest_fades(times):
    ages = (1, 20, 30, 40, 60)
    found = [chances(request([0], reading(0, 0, times, since), floor=0.0))[0, 2].probability for since in ages]
    assert all(older < newer for newer, older in pairwise(found))


def test_what_was_read_long_ago_alone_is_no_interest():
    assert chances(request([0], reading(0, 0, 2, 60))) == {}


@pytest.mark.parametrize("term", [2, 1, 0])
def test_whoever_read_more_ranks_strictly_higher_up_to_the_very_top(term):
    found = [chances(request([0], reading(0, 0, times)))[0, term].probability for times in (1, 2, 4, 8, 12, 16, 24, 40)]
    assert all(fewer < more for fewer, more in pairwise(found))
    assert found[-1] < 1


def test_each_colleague_who_reads_the_same_makes_an_account_more_interested():
    found = []
    for colleagues in range(1, 6):
        acts = [row for person in range(colleagues) for row in reading(person, 0, 8)]
        found.append(chances(request([0] * 5, acts))[5, 2].probability)
    assert all(fewer < more for fewer, more in pairwise(found))


def test_one_page_says_less_than_eight():
    one, many = (chances(request([0], reading(0, 0, times)))[0, 2].probability for times in (1, 8))
    assert one < many - 0.1


def test_the_curves_of_the_shipped_prior_rise_everywhere():
    for line in shipped().lines.values():
        said, was = line.curve
        assert (np.diff(said) > 0).all()
        assert (np.diff(was) > 0).all()
        assert said[0] < -30
        assert said[-1] > 30


acts = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 80), st.integers(0, 2), st.integers(0, 3)), max_size=60)
PERSONS = [0, 0, 0, 1, 1, 2]
GROUPS = ([0, 1], [3, 4])


@settings(max_examples=60, deadline=None)
@given(acts)
def test_a_product_is_never_below_its_strongest_keyword_nor_a_category_below_its_product(done):
    found = chances(request(PERSONS, done, groups=GROUPS, floor=0.0))
    for (subject, term), each in found.items():
        assert 0 <= each.probability <= 1
        parent = TAXONOMY[term].parent
        assert parent is None or found[subject, parent].probability >= each.probability
        assert all(0 <= row < len(done) and weight > 0 for row, weight in each.evidence)


@settings(max_examples=40, deadline=None)
@given(acts, st.randoms(use_true_random=False))
def test_the_order_of_activities_means_nothing(done, chance):
    shuffled = list(done)
    chance.shuffle(shuffled)
    first, second = (chances(request(PERSONS, rows, groups=GROUPS, floor=0.0)) for rows in (done, shuffled))
    assert {key: each.probability for key, each in first.items()} == {
        key: each.probability for key, each in second.items()
    }


@settings(max_examples=40, deadline=None)
@given(acts)
def test_accounts_asked_alone_get_the_same_answer_as_together(done):
    together = chances(request([0, 0, 0, 1, 1, 1], done, floor=0.0))
    for account, first in ((0, 0), (1, 3)):
        own = [(person - first, *rest) for person, *rest in done if first <= person < first + 3]
        alone = chances(request([0, 0, 0], own, floor=0.0))
        for subject, number in ((0, first), (1, first + 1), (2, first + 2), (3, 6 + account)):
            assert {term: each.probability for (who, term), each in alone.items() if who == subject} == {
                term: each.probability for (who, term), each in together.items() if who == number
            }


def test_a_wrong_setting_is_told():
    with pytest.raises(ValueError, match="there are no stems for 'klingon'"):
        ActivitiesSettings(language="klingon")
    with pytest.raises(ValueError, match="must be from 0 to 10"):
        ActivitiesSettings(kind_weights={"VISIT_PAGE": 11})

"""Intent on the Overview tab: categories, products and keywords by strength, and the single signals with evidence."""

from datetime import timedelta
from uuid import UUID

from bg_graph.intent.rules import IntentKind
from bg_graph.intent.tables import IntentSignalRow, SignalEvidenceRow
from tests.conftest import NOW
from tests.screens.conftest import Ask, gid
from tests.screens.test_overview import names, overview
from tests.world import World


async def signals(world: World, subject: UUID, kind: str) -> None:
    async def add(name: str, probability: float, level: IntentKind, **of: str) -> None:
        await world.signal(subject, name, probability, kind=level, subject_kind=kind, **of)

    await add("Storage", 0.4, IntentKind.SOLUTION)
    await add("Compute", 0.8, IntentKind.SOLUTION)
    await add("Servers", 0.6, IntentKind.PRODUCT, category="Compute")
    await add("Functions", 0.8, IntentKind.PRODUCT, category="Compute")
    await add("Disks", 0.3, IntentKind.PRODUCT, category="Storage")
    await add("gpu", 0.55, IntentKind.KEYWORD, category="Compute", product="Servers")
    await add("arm", 0.76, IntentKind.KEYWORD, category="Compute", product="Servers")
    await add("ssd", 0.26, IntentKind.KEYWORD, category="Storage", product="Disks")


async def test_intent_stands_by_strength_category_over_product_over_keyword(world: World, ask: Ask):
    group = await world.group()
    account = await world.account_of(group)
    person = await world.member(group)
    await signals(world, group, "GROUP")
    await world.signal(account, "Only of the account", 0.5, subject_kind="ACCOUNT")
    shown = await overview(
        ask,
        group,
        """intent { level computedAt stale categories { name level strength
        products { name level strength keywords { name level strength } } } }
        account { intent { level categories { name } } }""",
    )
    assert shown["intent"] == {
        "level": "HIGH",
        "computedAt": "2026-11-23T12:00:00+00:00",
        "stale": False,
        "categories": [
            {
                "name": "Compute",
                "level": "HIGH",
                "strength": 80,
                "products": [
                    {"name": "Functions", "level": "HIGH", "strength": 80, "keywords": []},
                    {
                        "name": "Servers",
                        "level": "MEDIUM",
                        "strength": 60,
                        "keywords": [
                            {"name": "arm", "level": "HIGH", "strength": 76},
                            {"name": "gpu", "level": "MEDIUM", "strength": 55},
                        ],
                    },
                ],
            },
            {
                "name": "Storage",
                "level": "LOW",
                "strength": 40,
                "products": [
                    {
                        "name": "Disks",
                        "level": "LOW",
                        "strength": 30,
                        "keywords": [{"name": "ssd", "level": "LOW", "strength": 26}],
                    }
                ],
            },
        ],
    }
    assert shown["account"]["intent"] == {"level": "MEDIUM", "categories": [{"name": "Only of the account"}]}
    answer = await ask(
        "query($p: ID!) { person(id: $p) { intent { level categories { name } stale computedAt } } }",
        p=gid("per", person),
    )
    assert answer.data["person"]["intent"] == {"level": None, "categories": [], "stale": False, "computedAt": None}


async def test_intent_older_than_a_week_is_said_to_be_stale(world: World, ask: Ask):
    group = await world.group()
    signal = await world.signal(group, "Compute", 0.8, subject_kind="GROUP")
    for age, stale in ((timedelta(days=7), False), (timedelta(days=7, seconds=1), True)):
        await world.change(IntentSignalRow, signal, computed_at=NOW - age)
        assert await overview(ask, group, "intent { stale }") == {"intent": {"stale": stale}}


async def test_lists_inside_intent_can_be_cut_at_each_level(world: World, ask: Ask):
    group = await world.group()
    await signals(world, group, "GROUP")
    shown = await overview(
        ask, group, "intent { categories { name products(first: 1) { name keywords(first: 0) { name } } } }"
    )
    assert [[product["name"] for product in each["products"]] for each in shown["intent"]["categories"]] == [
        ["Functions"],
        ["Disks"],
    ]


async def test_a_signal_shows_model_parents_and_evidence_strongest_first(world: World, ask: Ask):
    group = await world.group()
    person = await world.member(group)
    signal = await world.signal(
        group, "gpu", 0.55, kind=IntentKind.KEYWORD, subject_kind="GROUP", category="Compute", product="Servers"
    )
    await world.signal(group, "Compute", 0.9, subject_kind="GROUP")
    for asset, weight in (("weak", 0.1), ("strong", 0.9), ("middle", 0.5)):
        (activity,) = await world.activity(person, asset_name=asset)
        await world.add(SignalEvidenceRow(signal_id=signal, activity_id=activity, weight=weight))
    shown = await overview(
        ask,
        group,
        """intentSignals { totalCount nodes { kind name category product level strength confidence
        model { plugin name version } computedAt evidence(first: 2) { assetName } } }""",
    )
    assert shown["intentSignals"]["totalCount"] == 2
    category, keyword = shown["intentSignals"]["nodes"]
    assert (category["kind"], category["name"], category["category"], category["product"]) == (
        "SOLUTION",
        "Compute",
        "Compute",
        None,
    )
    assert keyword == {
        "kind": "KEYWORD",
        "name": "gpu",
        "category": "Compute",
        "product": "Servers",
        "level": "MEDIUM",
        "strength": 55,
        "confidence": 0.55,
        "model": {"plugin": "test", "name": "told", "version": "1"},
        "computedAt": "2026-11-23T12:00:00+00:00",
        "evidence": [{"assetName": "strong"}, {"assetName": "middle"}],
    }


async def test_signals_are_filtered_by_kind_and_level(world: World, ask: Ask):
    group = await world.group()
    await signals(world, group, "GROUP")
    shown = await overview(
        ask,
        group,
        """keywords: intentSignals(kinds: [KEYWORD]) { nodes { name } }
        strong: intentSignals(minLevel: MEDIUM, kinds: [KEYWORD, PRODUCT]) { totalCount nodes { name } }
        none: intentSignals(kinds: []) { totalCount }""",
    )
    assert names(shown["keywords"]["nodes"]) == ["arm", "gpu", "ssd"]
    assert names(shown["strong"]["nodes"]) == ["Functions", "arm", "Servers", "gpu"]
    assert shown["strong"]["totalCount"] == 4
    assert shown["none"]["totalCount"] == 0


async def test_a_predicted_signal_shows_its_window_and_an_imported_one_has_none(world: World, ask: Ask):
    account = await world.account()
    await world.signal(account, "Imported", 0.9, subject_kind="ACCOUNT")
    predicted = await world.signal(account, "Predicted", 0.8, subject_kind="ACCOUNT")
    await world.change(IntentSignalRow, predicted, window_start=NOW - timedelta(days=90), window_end=NOW)
    answer = await ask(
        "query($a: ID!) { account(id: $a) { intentSignals { nodes { name windowStart windowEnd } } } }",
        a=gid("acc", account),
    )
    assert answer.data["account"]["intentSignals"]["nodes"] == [
        {"name": "Imported", "windowStart": None, "windowEnd": None},
        {"name": "Predicted", "windowStart": "2026-08-25T12:00:00+00:00", "windowEnd": "2026-11-23T12:00:00+00:00"},
    ]

"""What the facts are told as in Dutch and German: whole sentences, with their plurals."""

import pytest

from bg_graph.plugins.grounding import faults_in
from bg_graph.plugins.summaries import Fact, FactKind, FactValue, Subject, SubjectKind, Summary, SummaryRequest
from bg_graph.plugins.testing.building import context_of
from bg_graph.plugins.testing.lent import KeptTexts
from bg_graph.plugins.wording.activities import ACTIVITY_NOUNS
from bg_summary_facts.plugin import PLUGIN

LOCALES = ["en", "nl", "de"]


def fact(key: str, kind: FactKind, name: str | None = None, **values: FactValue) -> Fact:
    return Fact(key=key, kind=kind, name=name, values=values)


def group_subject(several: bool) -> Subject:
    many = 2 if several else 1
    group = fact(
        "group",
        FactKind.GROUP,
        "CRM for Acme",
        member_count=many,
        engagement_score=97,
        completeness_score=50,
        scored_members=many,
    )
    members = [
        fact("member:1", FactKind.MEMBER, "Ada Lovelace", role="Champion", engagement_score=81),
        fact("member:2", FactKind.MEMBER, "Bob Jones", role="Influencer", engagement_score=40),
    ][:many]
    roles = [
        fact("role:1", FactKind.MISSING_ROLE, "Practitioner", member_count=1, members_required=3),
        fact("role:2", FactKind.MISSING_ROLE, "Sponsor", member_count=0, members_required=1),
    ][:many]
    intent = fact("intent:1", FactKind.INTENT, "CRM Cloud", about="PRODUCT", level="HIGH", strength=82)
    topic = fact("topic:1", FactKind.TOPIC, "Data privacy", activities=3 * many, persons=many, days=30)
    return Subject(kind=SubjectKind.GROUP, key="g", facts=(group, *members, *roles, intent, topic))


def account_subject(count: int) -> Subject:
    account = fact(
        "account",
        FactKind.ACCOUNT,
        "Acme",
        industry="Steel",
        person_count=count,
        group_count=count,
        open_opportunities=count,
    )
    return Subject(kind=SubjectKind.ACCOUNT, key="a", facts=(account,))


def member_subject(points: int = 12) -> Subject:
    member = fact(
        "member",
        FactKind.MEMBER,
        "Ada Lovelace",
        role="Champion",
        group="CRM for Acme",
        job_title="CTO",
        engagement_score=52,
        activities=4,
        days=30,
    )
    return Subject(
        kind=SubjectKind.MEMBER,
        key="m",
        facts=(
            member,
            fact("activity:1", FactKind.ACTIVITY, "VISIT_PAGE", activities=3, days=30),
            fact("activity:2", FactKind.ACTIVITY, "Webinar 2024", activities=1, days=30),
            fact("trend:1", FactKind.TREND, "Pricing", activities=2, activities_before=0, days=30),
            fact("growth", FactKind.GROWTH, None, score=52, score_before=52 - points, points=points, weeks=4),
            fact("shared:1", FactKind.SHARED_TOPICS, "Bob Jones", topics=2, topic="Pricing", days=30),
        ),
    )


async def told(subject: Subject, locale: str) -> Summary:
    provider = PLUGIN.provides["summary"](PLUGIN.settings(), context_of(PLUGIN, KeptTexts()))
    [summary] = await provider.summarize(SummaryRequest(tenant="acme", subjects=(subject,), locale=locale))
    assert faults_in(subject, summary, locale) == []
    return summary


def lines(summary: Summary) -> list[str]:
    said = [*summary.text, *summary.bullets, *(highlight.statement for highlight in summary.highlights)]
    return [statement.text for statement in said]


async def test_a_group_in_dutch() -> None:
    assert lines(await told(group_subject(several=True), "nl")) == [
        "CRM for Acme heeft 2 leden.",
        "De betrokkenheidsscore is 97.",
        "De rollen zijn voor 50% bezet.",
        "Het meest betrokken lid is Ada Lovelace (Champion, 81).",
        "De belangstelling is het grootst voor CRM Cloud (hoog, 82).",
        "Meest betrokken leden: Ada Lovelace (Champion, 81) en Bob Jones (Influencer, 40).",
        "Belangstelling voor CRM Cloud (hoog, 82). In de afgelopen 30 dagen bekeken leden "
        "Data privacy (6 activiteiten van 2 leden).",
        "Ontbrekende rollen: Practitioner (1 van 3) en Sponsor (0 van 1).",
    ]


async def test_a_group_in_german() -> None:
    assert lines(await told(group_subject(several=False), "de-CH")) == [
        "CRM for Acme hat 1 Mitglied.",
        "Der Engagement-Wert ist 97.",
        "Die Rollen sind zu 50 % besetzt.",
        "Das engagierteste Mitglied ist Ada Lovelace (Champion, 81).",
        "Am größten ist das Interesse an CRM Cloud (hoch, 82).",
        "Am stärksten engagiertes Mitglied: Ada Lovelace (Champion, 81).",
        "Interesse an CRM Cloud (hoch, 82). In den letzten 30 Tagen befassten sich Mitglieder mit "
        "Data privacy (3 Aktivitäten von 1 Mitglied).",
        "Fehlende Rolle: Practitioner (1 von 3).",
    ]
    assert "von 2 Mitgliedern" in lines(await told(group_subject(several=True), "de"))[6]


@pytest.mark.parametrize(
    ("locale", "count", "said"),
    [
        (
            "nl",
            0,
            [
                "Acme (Steel) heeft geen personen en geen koopgroepen.",
                "Het bedrijf heeft geen openstaande verkoopkansen.",
            ],
        ),
        ("nl", 1, ["Acme (Steel) heeft 1 persoon en 1 koopgroep.", "Het bedrijf heeft 1 openstaande verkoopkans."]),
        (
            "nl",
            2,
            ["Acme (Steel) heeft 2 personen en 2 koopgroepen.", "Het bedrijf heeft 2 openstaande verkoopkansen."],
        ),
        (
            "de",
            0,
            [
                "Acme (Steel) hat keine Personen und keine Kaufgruppen.",
                "Das Unternehmen hat keine offenen Verkaufschancen.",
            ],
        ),
        ("de", 1, ["Acme (Steel) hat 1 Person und 1 Kaufgruppe.", "Das Unternehmen hat 1 offene Verkaufschance."]),
        ("de", 2, ["Acme (Steel) hat 2 Personen und 2 Kaufgruppen.", "Das Unternehmen hat 2 offene Verkaufschancen."]),
    ],
)
async def test_accounts_with_their_plurals(locale: str, count: int, said: list[str]) -> None:
    assert lines(await told(account_subject(count), locale))[:2] == said


async def test_a_member_in_dutch_and_german() -> None:
    assert lines(await told(member_subject(), "nl")) == [
        "Ada Lovelace (CTO) heeft de rol Champion in CRM for Acme.",
        "De betrokkenheidsscore is 52.",
        "In de afgelopen 30 dagen 4 activiteiten: 3 pagina's bezocht en 1 van het type Webinar 2024.",
        "Trefwoord in opkomst: Pricing (2 activiteiten, geen in de 30 dagen ervoor).",
        "De betrokkenheidsscore steeg in 4 weken met 12 punten, van 40 naar 52.",
        "Deelt onderwerpen met Bob Jones (2 onderwerpen, waaronder Pricing).",
    ]
    assert lines(await told(member_subject(points=-1), "de")) == [
        "Ada Lovelace (CTO) hat die Rolle Champion in CRM for Acme.",
        "Der Engagement-Wert ist 52.",
        "In den letzten 30 Tagen 4 Aktivitäten: 3 besuchte Seiten und 1 vom Typ Webinar 2024.",
        "Schlagwort im Aufwind: Pricing (2 Aktivitäten, keine in den 30 Tagen davor).",
        "Der Engagement-Wert fiel in 4 Wochen um 1 Punkt, von 53 auf 52.",
        "Teilt Themen mit Bob Jones (2 Themen, darunter Pricing).",
    ]


@pytest.mark.parametrize("locale", LOCALES)
async def test_every_known_activity_passes_the_check_alone_and_often(locale: str) -> None:
    for count in (1, 5):
        kinds = [
            fact(f"activity:{kind}", FactKind.ACTIVITY, kind, activities=count, days=30)
            for kind in ACTIVITY_NOUNS["en"]
        ]
        person = fact(
            "person", FactKind.PERSON, "Ada", account="Acme", activities=count * len(kinds), days=30, group_count=0
        )
        summary = await told(Subject(kind=SubjectKind.PERSON, key="p", facts=(person, *kinds)), locale)
        assert "VISIT_PAGE" not in " ".join(lines(summary))


@pytest.mark.parametrize("locale", LOCALES)
async def test_of_what_little_is_known_the_languages_say_so(locale: str) -> None:
    nobody = {"account": None, "member_count": 0, "engagement_score": None, "completeness_score": None}
    for kind, subject_kind in ((FactKind.GROUP, SubjectKind.GROUP), (FactKind.ACCOUNT, SubjectKind.ACCOUNT)):
        bare = Subject(kind=subject_kind, key="b", facts=(fact("own", kind, "Acme", **nobody),))
        assert "None" not in " ".join(lines(await told(bare, locale)))
    for kind, subject_kind in ((FactKind.MEMBER, SubjectKind.MEMBER), (FactKind.PERSON, SubjectKind.PERSON)):
        person = fact("own", kind, "Ada", engagement_score=3, days=30)
        assert "None" not in " ".join(lines(await told(Subject(kind=subject_kind, key="b", facts=(person,)), locale)))


async def test_another_language_gets_english() -> None:
    assert lines(await told(group_subject(several=True), "fr"))[0] == "CRM for Acme has 2 members."

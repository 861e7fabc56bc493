"""What a slot reads, in English, Dutch and German: values with their nouns, so that no number stands for something else."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bg_graph.plugins.summaries import HighlightKind
from bg_graph.plugins.wording.activities import ACTIVITY_NOUNS
from bg_graph.plugins.wording.words import words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The phrases of a language. Where there are two, they are for one and for several."""

    language: str
    """Its name in English, for the model."""
    counted: Mapping[str, tuple[str, str]]
    """Nouns of the numbers that count something."""
    measured: Mapping[str, str]
    """Phrases of the numbers that measure something."""
    score: str
    """A score in brackets."""
    levels: Mapping[str, str]
    """Levels of interest."""
    of_required: str
    """How many members a role has, of how many."""
    topic_read: str
    """How often, and by how many, a topic was read."""
    trend: str
    """How often a topic came up."""
    trend_before: str
    """How often it came up before."""
    shared: str
    """How many topics, and one of them."""
    activities: Mapping[str, tuple[str, str]]
    """Activities of the known types."""
    other_activity: str
    """Activities of a type of the tenant's own."""
    rise: str
    fall: str
    level: str
    """How the score moved; or that it did not."""
    points: tuple[str, str]
    nothing: Mapping[HighlightKind, str]
    """A highlight for which there are no facts."""
    none_required: str
    """No role is missing, since none is required."""
    denials: frozenset[str]
    """Words that turn a true sentence into a false one."""


ENGLISH = Phrases(
    language="English",
    counted=MappingProxyType(
        {
            "member_count": ("member", "members"),
            "missing_roles": ("missing role", "missing roles"),
            "person_count": ("person", "people"),
            "group_count": ("buying group", "buying groups"),
            "open_opportunities": ("open opportunity", "open opportunities"),
            "activities": ("activity", "activities"),
        }
    ),
    measured=MappingProxyType(
        {
            "engagement_score": "engagement score of {}",
            "completeness_score": "completeness of {}%",
            "days": "in the last {} days",
        }
    ),
    score="engagement score {}",
    levels=MappingProxyType({"HIGH": "high interest", "MEDIUM": "medium interest", "LOW": "low interest"}),
    of_required="{} of {}",
    topic_read="{} by {}",
    trend="{}",
    trend_before="{} in the {} days before",
    shared="{} topics, {} among them",
    activities=ACTIVITY_NOUNS["en"],
    other_activity="{} of type {}",
    rise="rise of {} in {} weeks, from {} to {}",
    fall="fall of {} in {} weeks, from {} to {}",
    level="score of {}, the same as {} weeks ago",
    points=("point", "points"),
    nothing=MappingProxyType(
        {
            HighlightKind.TOP_ENGAGED_MEMBERS: "No engaged members are known yet.",
            HighlightKind.TOPICS_OF_INTEREST: "No topics of interest are known yet.",
            HighlightKind.MISSING_ROLES: "No roles are missing.",
            HighlightKind.TOP_ENGAGED_GROUPS: "No engaged buying groups are known yet.",
            HighlightKind.TOP_ENGAGED_PEOPLE: "No engaged people are known yet.",
        }
    ),
    none_required="No roles are missing, since none is required.",
    denials=words_of(
        "no not never none nobody neither nor without cannot isn't aren't doesn't don't hasn't wasn't lacks lack "
        "except false untrue wrong former formerly fake"
    ),
)

DUTCH = Phrases(
    language="Dutch",
    counted=MappingProxyType(
        {
            "member_count": ("lid", "leden"),
            "missing_roles": ("ontbrekende rol", "ontbrekende rollen"),
            "person_count": ("persoon", "personen"),
            "group_count": ("koopgroep", "koopgroepen"),
            "open_opportunities": ("openstaande verkoopkans", "openstaande verkoopkansen"),
            "activities": ("activiteit", "activiteiten"),
        }
    ),
    measured=MappingProxyType(
        {
            "engagement_score": "betrokkenheidsscore van {}",
            "completeness_score": "volledigheid van {}%",
            "days": "in de afgelopen {} dagen",
        }
    ),
    score="betrokkenheidsscore {}",
    levels=MappingProxyType({"HIGH": "hoge interesse", "MEDIUM": "gemiddelde interesse", "LOW": "lage interesse"}),
    of_required="{} van {}",
    topic_read="{} door {}",
    trend="{}",
    trend_before="{} in de {} dagen ervoor",
    shared="{} onderwerpen, waaronder {}",
    activities=ACTIVITY_NOUNS["nl"],
    other_activity="{} van het type {}",
    rise="stijging van {} in {} weken, van {} naar {}",
    fall="daling van {} in {} weken, van {} naar {}",
    level="score van {}, dezelfde als {} weken geleden",
    points=("punt", "punten"),
    nothing=MappingProxyType(
        {
            HighlightKind.TOP_ENGAGED_MEMBERS: "Er zijn nog geen betrokken leden bekend.",
            HighlightKind.TOPICS_OF_INTEREST: "Er zijn nog geen interessegebieden bekend.",
            HighlightKind.MISSING_ROLES: "Er ontbreken geen rollen.",
            HighlightKind.TOP_ENGAGED_GROUPS: "Er zijn nog geen betrokken koopgroepen bekend.",
            HighlightKind.TOP_ENGAGED_PEOPLE: "Er zijn nog geen betrokken personen bekend.",
        }
    ),
    none_required="Er ontbreken geen rollen, want er is geen rol vereist.",
    denials=words_of(
        "geen niet nooit niets niemand noch zonder nergens behalve ontbeert mist onwaar onjuist voormalig voormalige "
        "vals valse"
    ),
)

GERMAN = Phrases(
    language="German",
    counted=MappingProxyType(
        {
            "member_count": ("Mitglied", "Mitglieder"),
            "missing_roles": ("fehlende Rolle", "fehlende Rollen"),
            "person_count": ("Person", "Personen"),
            "group_count": ("Kaufgruppe", "Kaufgruppen"),
            "open_opportunities": ("offene Verkaufschance", "offene Verkaufschancen"),
            "activities": ("Aktivität", "Aktivitäten"),
        }
    ),
    measured=MappingProxyType(
        {
            "engagement_score": "Engagement-Wert von {}",
            "completeness_score": "Vollständigkeit von {} %",
            "days": "in den letzten {} Tagen",
        }
    ),
    score="Engagement-Wert {}",
    levels=MappingProxyType({"HIGH": "hohes Interesse", "MEDIUM": "mittleres Interesse", "LOW": "geringes Interesse"}),
    of_required="{} von {}",
    topic_read="{} durch {}",
    trend="{}",
    trend_before="{} in den {} Tagen davor",
    shared="{} Themen, darunter {}",
    activities=ACTIVITY_NOUNS["de"],
    other_activity="{} vom Typ {}",
    rise="Anstieg um {} in {} Wochen, von {} auf {}",
    fall="Rückgang um {} in {} Wochen, von {} auf {}",
    level="Wert von {}, derselbe wie vor {} Wochen",
    points=("Punkt", "Punkte"),
    nothing=MappingProxyType(
        {
            HighlightKind.TOP_ENGAGED_MEMBERS: "Noch sind keine engagierten Mitglieder bekannt.",
            HighlightKind.TOPICS_OF_INTEREST: "Noch sind keine Themen von Interesse bekannt.",
            HighlightKind.MISSING_ROLES: "Es fehlen keine Rollen.",
            HighlightKind.TOP_ENGAGED_GROUPS: "Noch sind keine engagierten Kaufgruppen bekannt.",
            HighlightKind.TOP_ENGAGED_PEOPLE: "Noch sind keine engagierten Personen bekannt.",
        }
    ),
    none_required="Es fehlen keine Rollen, denn es ist keine erforderlich.",
    denials=words_of(
        "kein keine keinem keinen keiner keines nicht nie niemals nichts niemand weder ohne ausser falsch unwahr "
        "ehemalig ehemalige ehemaliger"
    ),
)

PHRASES: Mapping[str, Phrases] = MappingProxyType({"en": ENGLISH, "nl": DUTCH, "de": GERMAN})
"""The languages in which summaries are written, by code."""

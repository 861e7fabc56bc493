"""Names and numbers that a summary makes up are seen in each of its languages, and ordinary words are not taken for names."""

import pytest

from bg_graph.plugins.grounding import ungrounded
from bg_graph.plugins.summaries import Fact, FactKind
from bg_graph.plugins.wording.languages import LANGUAGES, language_of, wording_of

FACT = Fact(key="group", kind=FactKind.GROUP, name="CRM for Acme", values={"member_count": 22, "score": 1234})


def faults(text: str, locale: str) -> list[str]:
    return list(ungrounded(text, [FACT], locale))


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "CRM for Acme has twenty-two members and a score of 1,234."),
        ("nl", "CRM for Acme heeft tweeëntwintig leden en een score van 1.234."),
        ("de", "CRM for Acme hat zweiundzwanzig Mitglieder und einen Engagement-Wert von 1.234."),
        ("de-AT", "Die Kaufgruppe CRM for Acme hat 22 Mitglieder, eines davon ist Acme."),
        ("nl", "De koopgroep CRM for Acme heeft enkele thema's."),
        ("de", "Zweiundzwanzig Mitglieder sind aktiv."),
        ("de", "In den letzten Wochen: Seiten, Links, Formulare, Veranstaltungen, Schlagwörter und Verkaufschancen."),
    ],
)
def test_what_the_fact_holds_passes_in_each_language(locale: str, text: str) -> None:
    assert faults(text, locale) == []


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "It has twenty-three members."),
        ("en", "Its score doubled."),
        ("nl", "Ze heeft drieëntwintig leden."),
        ("nl", "Ze heeft tientallen leden."),
        ("nl", "Ze heeft één lid."),
        ("nl", "De score is verdubbeld."),
        ("nl", "Ze heeft honderdtwintig leden."),
        ("nl", "De score is 1,234."),
        ("nl", "Napoleon leidt de groep."),
        ("de", "Sie hat dreiundzwanzig Mitglieder."),
        ("de", "Sie hat dreißig Mitglieder."),
        ("de", "Sie hat DREISSIG Mitglieder."),
        ("de", "Sie hat Dutzende Mitglieder."),
        ("de", "Sie hat zweihundertfünf Mitglieder."),
        ("de", "Der Wert hat sich verdoppelt."),
        ("de", "Der Wert ist 1,234."),
        ("de", "Napoleon führt die Gruppe."),
        ("de", "Die Gruppe gehört Globex."),
        ("de", "Die Gruppe kauft bei Müller-Lüdenscheidt."),
        ("de", "Der Vorstand ist interessiert."),
        ("de", "Sie hat fu\u0308nf Mitglieder."),
        ("de", "Sie hat f\u200bünf Mitglieder."),
        ("en", "It has t\u200bhree members."),
        ("en", "Nap\u00adoleon leads."),
    ],
)
def test_what_it_does_not_hold_is_seen_in_each_language(locale: str, text: str) -> None:
    assert len(faults(text, locale)) == 1, faults(text, locale)


@pytest.mark.parametrize("language", LANGUAGES)
def test_articles_and_sentence_openers_are_neither_names_nor_numbers(language: str) -> None:
    for text in {"en": "One of the members. A. Its.", "nl": "Een van de leden. Het.", "de": "Ein Mitglied. Eine. Das."}[
        language
    ].split("."):
        assert faults(text, language) == []


def test_a_language_that_is_none_of_ours_is_held_to_english() -> None:
    assert language_of("fr_CH") == "fr"
    assert wording_of("fr_CH").language == "en"
    assert faults("Le groupe est actif.", "fr")

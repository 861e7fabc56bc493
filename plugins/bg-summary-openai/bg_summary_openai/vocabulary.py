"""The words that a model may write around its slots: a closed list for each language, which the model is told.

A name in small letters, an insult, a rumour or an order can't be told from an ordinary word by its form; words that are
listed hold none of them.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from bg_graph.plugins.wording.languages import wording_of
from bg_graph.plugins.wording.words import words_of
from bg_summary_openai.phrases import PHRASES

_ENGLISH = words_of("""
    across added adds along am amount are attended attends attention average begun behind brings broad builds came can
    care centre clear clearly clicked clicks close closely combined come comes content counts covering covers current
    currently did directed do does done down downloads drawn driven drives e-mailed earlier early encouraging events
    far filled fills filling find follow followed following follows forms found frequent frequently fully gained gains
    gives goes going grew grow growing grown growth hand held help helps hold holds involved involvement join joined
    joins keeps known lead leading leads leaning left lies links look looking looks made make makes matter matters mean
    means medium moved moves moving named names need needed needs notable noted number occupied offers opened opens
    page pages part particular particularly period picked place presence present pursuing put ranks rate reach reached
    reaches read reader readers reading reads records registered registers remain remaining remains rest rise risen
    rises rising rose s say says searching seem seems seen set shape show showed showing shown shows side sign signal
    signals signs sits small stage stand standing stands start started steady stood subject subjects take taken takes
    than there's towards track tracks turn turned turns unfilled up use used uses value visit visited visits way ways
    webinar website weeks went were will won words work working works year far most-read interested-in
    fall falls fallen fell drop dropped drops decline declined declines slipped eased lower slightly strongly
    pushing pulled holding drawing backed backs belongs belong fills filling open-ended well-read
    completed completes complete half-way filling kept
""")
_DUTCH = words_of("""
    aandachtig aangeklikt aangemeld aantallen afgevallen afname algemeen alsook aanwezig aanwezige beeld begonnen
    behoort behoren bekend bekeek bekeken beschikt bestaat bestaan betreft bezet bezig bezoek bezoekt bezocht bezochten
    biedt bijgewoond blijft blijven blijkt breed brengt daalde daalt daling dicht doen doet draait duidelijk gaan gaat
    gebied gebleven geboekt gedaald gegaan geheel gehad gekomen geleidelijk gelezen gemiddeld gemiddelde genoemd
    gericht gestegen getoond gevolgd gevonden gevuld gaf geïnteresseerd geïnteresseerde groeide groeien groeit
    groeiend groeiende haalt hebben heden heel houdt huidig huidige ingevuld inhoud inmiddels inzet keek kent kijken
    kijkt klikt klikte klikken klik komen kreeg krijgt las lazen leidt leiden lees lezen ligt liggen loopt lopen maakt
    maken meldde meldt merkbaar midden mogelijk nodig noemt noemen nadruk nemen neemt omvat omvatten opende openen
    opent opvallend paginas passend periode presteert recentelijk regelmatig rond samengesteld sprake staat staan
    steeds steeg stijgen stijgend stijgende stijging stond tegenover tellen telt toegenomen toename toon toont tonen
    toonde trekt trekken uitgaat uitgaan uitgegaan valt vallen verdeeld vervuld vervulde vervult verdient verschillende
    vindt vinden volgen volgt volgde vormt vormen vraagt vult vullen waargenomen weergave webinar werkt wijst wijzen
    zaten zit zitten zoekt zoeken zichtbaar goede gebeurtenis gebeurtenissen hand
""")
_GERMAN = words_of("""
    ansehnlich arbeitet auffällig aufgerufen ausgefüllt ausgeht ausgehen befasst befassen beginnt behält bekannt belegt
    beobachtet beschäftigt beschäftigen besetzt besitzt besteht bestehen beträgt betrachtet betrifft bewegt bietet bildet
    bilden bleibt bleiben braucht breit bringt dauerhaft dreht eng enthält erhält erkennbar erreicht erreichte ergibt
    fällt fallen fiel fielen finden findet fokussiert folgen folgt führen führt füllt geben gefallen gefolgt gefüllt
    gehen geht gehört gehören gekommen gelesen genannt genutzt gerichtet gesehen gesucht getan gewachsen gewonnen
    gezeigt gut gute guten guter gutes haben hält halten häufig häufige häufiger häufigste hebt heraus hervor ins
    interessieren interessierte interessierten kam kamen klar klickt klickte klicken kommen kommt konzentriert
    kontinuierlich langsam las lasen leicht leitet lesen lesenden liegen liest machen macht meldet meldete messbar
    nachgefragt nachweislich nennt nimmt notwendig nutzt öffnet öffnete öffnen prägt regelmäßig reicht richtet sank
    sehen setzt sieht sinkt spürbar ständig steigend steigende steigt stieg stetig sucht suchen tragen trägt tut
    umfasst umfassen verbessert verfolgt verfolgen verfügt verteilt verzeichnet verzeichnen vorhanden vorhandene
    vorne wachsen wachsend wachsende wächst weist wächst wirkt zählen zählt zeichnet zeigen zeigt zeigte zieht ziehen
    zugenommen zunehmend zunehmende zurück zeitweise zuständig
""")
_OWN: Mapping[str, frozenset[str]] = MappingProxyType({"en": _ENGLISH, "nl": _DUTCH, "de": _GERMAN})
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")


def _listed(language: str) -> frozenset[str]:
    return (_OWN[language] | wording_of(language).ordinary) - PHRASES[language].denials


VOCABULARY: Mapping[str, frozenset[str]] = MappingProxyType({language: _listed(language) for language in PHRASES})
"""The words of each language, folded to small letters."""


def words_in(text: str) -> list[str]:
    """The words of a text, folded, with one kind of apostrophe."""
    return [word.replace("\u2019", "'") for word in _WORD.findall(text.casefold())]


def is_listed(word: str, language: str) -> bool:
    """Whether a model may write a word, as a whole or by its parts between hyphens."""
    words = VOCABULARY[language]
    return word in words or all(part in words for part in word.split("-"))

"""Dutch words that are no names even where they begin with a capital, and the numbers that words can say."""

from bg_graph.plugins.wording.words import Wording, words_of

_ORDINARY = """
    aan aandacht aanmelding aanmeldingen aantal account accounts achter actief actieve activiteit activiteiten
    afgelopen al alle alleen allemaal alles als altijd ander andere anderen b2b behalve beide belang belangrijk
    belangrijke belangrijkste belangstellenden belangstelling bent beslisser beslissers betrokken betrokkenheid
    betrokkenheidsscore bij bijna bijzonder binnen bovendien branche buiten daar daarbij daarmee daarna daarnaast
    daarom daarvan dan dat data de deal deals deelt delen deze die dit doch document door dus e-mail e-mails echter
    een eerder eerst eerste elk elke en engagement engagementscore enige enkel enkele er evenals evenement evenementen
    formulier formulieren gaf gedeeld geeft geen gegevens geklikt geleden geopend gering gezien goed goede groei groep
    groepen had hadden heeft hem het hier hij hoe hoewel hoge hoger hogere hoog hoogste hun ieder iedere iedereen
    iemand in industrie intent interesse interessegebied interessegebieden interesses is ja je kans kansen keer klant
    klanten komt koopgroep koopgroepen kopersgroep kopersgroepen laag laagste laatst laatste laatstelijk lage lager
    leden leest lid link links maand maanden maar mate medewerker medewerkers mee meer meest meeste mensen met
    middelste minder moment momenteel momenten na naar naast namelijk nee net niemand niet niets nieuw nieuwe nog
    nooit nu nummer of om omdat ondanks onder onderwerp onderwerpen ons ontbreekt ontbreken ontbrekende ook op open
    openstaande opportunities opportunity over pagina pagina's per percentage personen persoon plaats plus positie
    potentieel product producten punt punten recent recente reeds relatief rol rollen ruim samen samenvatting scoort
    score scores sector sedert sinds slechts sommige sommigen sterk sterke sterker sterkst sterkste team tegelijk
    tegen ten terwijl thema thema's toch toe tot totaal trefwoord trefwoorden trend trendwoord trendwoorden tussen
    type u uit vaak vaakst van vandaag veel vele verder vereist vereiste verkoopkans verkoopkansen volgens volledig
    volledigheid volledigheidsscore voor vooral voorts vorige waar waarbij waarde waardoor waarin waarmee waaronder
    waarvan want waren was wat website week weinig weken welk welke wellicht werd werden wie wij worden wordt zal ze
    zeer zelf zelfs zich zij zijn zo zoals zodat zoekwoord zoekwoorden zonder zowel
"""
_SMALL = """
een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien
"""
_BELOW_TWENTY = {word: float(number) for number, word in enumerate(_SMALL.split(), start=1)}
_TENS = dict(
    zip(
        ["twintig", "dertig", "veertig", "vijftig", "zestig", "zeventig", "tachtig", "negentig"],
        range(20, 100, 10),
        strict=True,
    )
)
_UNITS = _SMALL.split()[:9]


def _joined(unit: str, ten: str) -> str:
    """Tweeëntwintig, but eenentwintig."""
    return f"{unit}{'ën' if unit.endswith('e') else 'en'}{ten}"


_COMPOUNDS = {_joined(unit, ten): _TENS[ten] + _BELOW_TWENTY[unit] for ten in _TENS for unit in _UNITS}
_BELOW_HUNDRED = _BELOW_TWENTY | _TENS | _COMPOUNDS
_HUNDREDS = {"honderd": 100.0} | {f"{unit}honderd": 100 * _BELOW_TWENTY[unit] for unit in _UNITS[1:]}
_ABOVE = {hundred + rest: _HUNDREDS[hundred] + _BELOW_HUNDRED[rest] for hundred in _HUNDREDS for rest in _BELOW_HUNDRED}
_OTHERS = {"één": 1, "dozijn": 12, "duizend": 1000, "miljoen": 1_000_000, "miljard": 1_000_000_000}
_TIMES = {"half": 0.5, "halve": 0.5, "helft": 0.5, "gehalveerd": 0.5, "dubbel": 2, "dubbele": 2, "verdubbeld": 2}
_MORE_TIMES = {"verdubbelde": 2, "verdrievoudigd": 3, "driedubbel": 3}
_SPELLED = _BELOW_HUNDRED | _HUNDREDS | _ABOVE | _OTHERS | _TIMES | _MORE_TIMES

DUTCH = Wording(
    language="nl",
    ordinary=words_of(_ORDINARY),
    spelled={word: number for word, number in _SPELLED.items() if word != "een"},
    endings=("en", "tal", "tallen", "maal", "voudig", "voudige", "duizend", "jes", "tjes"),
    grouping=".",
)
"""Dutch. That `een` is a number is left out, since it is an article as often; `één` is one."""

"""German words that are no names even where they begin with a capital, and the numbers that words can say.

German nouns begin with a capital, as names do: those that may stand in a summary without being cited are listed.
"""

from bg_graph.plugins.wording.words import Wording, words_of

_ORDINARY = """
    ab aber abmeldung abmeldungen account accounts aktiv aktive aktiven aktivität aktivitäten alle allein allem allen
    aller allerdings alles als also am an andere anderem anderen anderer anderes angeklickt angemeldet anmeldung
    anmeldungen ansonsten ansprechpartner anstieg anzahl auch auf aufmerksamkeit aufwind aus ausserdem außerdem b2b
    bedarf begriff begriffe begriffen bei beide beiden beim beinahe bereits beschwerde beschwerden besonders besuch
    besuche besucht bevor bewertet bis bisher bislang branche chance chancen da dabei dadurch dafür dagegen daher
    dahinter damit danach daneben dann daran darauf daraus darin darum darunter darüber das dass davon davor dazu dem
    den denn dennoch der deren derzeit des deshalb dessen deutlich die dies diese diesem diesen dieser dieses doch
    dort durch e-mail e-mails eher ein eine einem einen einer eines einfluss eingetragen einige einigen einiges
    engagement engagement-wert engagementwert engagiert engagierte engagierten engagierter engagiertes entscheider
    entscheidern entscheidungsträger er erfasst erforderlich erforderliche erst erste ersten erster es etwa etwas fast
    fehlen fehlend fehlende fehlenden fehlt fokus folgende formular formulare formularen führend führende für ganz
    gegenüber gemeinsam gemeinsame gemeinsamen gering geringe gesamt gesamte gestiegen gesunken geöffnet gibt gilt
    gleich gruppe gruppen hat hatte hatten heute hier hierbei hinter hinzu hoch hohe hohem hohen hoher hohes höchste
    höchsten höchster ihm ihn ihr ihre ihrem ihren ihrer im immer in indessen industrie inhalt inhalte inhalten
    innerhalb insbesondere insgesamt interessant interesse interessen interessiert ist ja je jede jedem jeden jeder
    jedes jedoch jemand jetzt kampagne kampagnen kaufgruppe kaufgruppen kaufinteresse kaum kein keine keinem keinen
    keiner keines keyword keywords klick klicks knapp kontakt kontakte konten konto kontos kunde kunden können könnte
    laut lediglich letzte letztem letzten letzter letztes level liegt link links man mehr mehrere mehreren meist
    meiste meisten meistengagierte mindestens mit mitarbeiter mitglied mitglieder mitgliedern mitglieds mittel
    mittlere mittleren moment momentan momente monat monate monaten nach nachdem nachfrage neben nicht nichts nie
    niedrig niedrige niemand niveau noch nun nur ob obwohl oder offen offene offenen ohne opportunities opportunity
    person personen persönlich plätze potenzial produkt produkte produkten produkts prozent punkt punkte punkten
    quelle rolle rollen rund rückgang schlagwort schlagworte schlagworten schlagwörter schlagwörtern schliesslich
    schließlich schlüsselwort schlüsselwörter schlüsselwörtern schon schwerpunkt schwerpunkte score scores sehr sein
    seine seinem seinen seiner seit seite seiten selbst sich sie sind so sodass sogar somit sonst sowie sowohl spitze
    stark starke starken starker statt stehen steht stärkste stärksten stärkster tag tage tagen team teams teil teile
    teilen teilnahme teilnahmen teilt thema themen titel topthema topthemen trend trendbegriff trendbegriffe
    trendbegriffen trends trotz trotzdem typ typen typs um und unter unternehmen unternehmens ursprung veranstaltung
    veranstaltungen vergangen vergangene vergangenen vergleich verglichen verkaufschance verkaufschancen
    vertriebschance vertriebschancen viel viele vielen vielleicht voll vollständig vollständige vollständigkeit
    vollständigkeitswert vom von vor vorher vorherigen wahrscheinlich war waren was webseite webseiten website weder
    weil weit weitere weiterem weiteren weiterer weiterhin welche welchem welchen welcher welches wenig wenige weniger
    wenn wer werden wert werte werten wesentlich weshalb wichtig wichtige wichtigen wichtigste wichtigsten wie wieder
    wir wird wo wobei woche wochen wodurch womit wurde wurden während zahl zeit zeitraum zeiträume ziel ziele
    zielgruppe zu zudem zugleich zuletzt zum zumal zur zurzeit zusammen zusammenfassung zusammenhang zusätzlich zwar
    zwischen über überblick übrige übrigens
"""
_SMALL = """
ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn
"""
_BELOW_TWENTY = {word: float(number) for number, word in enumerate(_SMALL.split(), start=1)}
_TENS = dict(
    zip(
        ["zwanzig", "dreissig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"],
        range(20, 100, 10),
        strict=True,
    )
)
_UNITS = _SMALL.split()[:9]
_COMPOUNDS = {f"{unit}und{ten}": _TENS[ten] + _BELOW_TWENTY[unit] for ten in _TENS for unit in _UNITS}
_BELOW_HUNDRED = _BELOW_TWENTY | _TENS | _COMPOUNDS
_HUNDREDS = {"hundert": 100.0} | {f"{unit}hundert": 100 * _BELOW_TWENTY[unit] for unit in _UNITS}
_ABOVE = {
    hundred + link + rest: _HUNDREDS[hundred] + _BELOW_HUNDRED[rest]
    for hundred in _HUNDREDS
    for link in ("", "und")
    for rest in _BELOW_HUNDRED
}
_OTHERS = {"eins": 1, "zwo": 2, "dutzend": 12, "tausend": 1000, "million": 1_000_000, "milliarde": 1_000_000_000}
_TIMES = {"halb": 0.5, "halbe": 0.5, "hälfte": 0.5, "halbiert": 0.5, "doppelt": 2, "doppelte": 2, "verdoppelt": 2}
_MORE_TIMES = {"verdoppelte": 2, "verdreifacht": 3, "vervierfacht": 4}
_SPELLED = _BELOW_HUNDRED | _HUNDREDS | _ABOVE | _OTHERS | _TIMES | _MORE_TIMES

GERMAN = Wording(
    language="de",
    ordinary=words_of(_ORDINARY),
    spelled={word: number for word, number in _SPELLED.items() if word != "ein"},
    endings=("e", "en", "er", "n", "mal", "fach", "fache", "tausend", "s"),
    grouping=".",
)
"""German. That `ein` is a number is left out, since it is an article as often; `eins` is one."""

"""English words that are no names even where they begin with a capital, and the numbers that words can say."""

from bg_graph.plugins.wording.words import Wording, words_of

_ORDINARY = """
    a about account accounts active activities activity after again ai all almost already also although always among an
    and another any as at be because been before being best between both but buying by company completeness
    contact customer data deal deals despite due during each either e-mail e-mails engaged engagement especially
    even every everybody everyone except few finally first for four from further given good group groups had has have he
    her here high highest his how however i if in including increasing industry intent interest interested interests is it
    its journey key keyword keywords last lately later latest least less let like little low lower main many maybe medium
    member members missing more moreover most mostly much must near neither new next no nobody none nor not nothing now of
    on once one only open opportunities opportunity or other others otherwise our out over overall people percent perhaps
    person persons point points product products quite rather recent recently required role roles roughly same score
    scored scores second seen several shared shares she should since so solution some somebody someone soon still strong
    strongest such summary team that the their them then there therefore these they third this those though through thus
    to today together top topic topics trending two under unlike until up us very was we well were what when where whereas
    whether which while who whole whose why with within without yesterday yet you your
"""
_SMALL = """
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
twenty
"""
_SPELLED = {word: float(number) for number, word in enumerate(_SMALL.split(), start=2)}
_UNITS = {"one": 1.0, **{word: _SPELLED[word] for word in _SMALL.split()[:8]}}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_COMPOUNDS = {f"{ten}-{unit}": _TENS[ten] + _UNITS[unit] for ten in _TENS for unit in _UNITS}
_OTHERS = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
_TIMES = {"half": 0.5, "halved": 0.5, "twice": 2, "double": 2, "doubled": 2, "couple": 2, "pair": 2, "thrice": 3}
_MORE_TIMES = {"triple": 3, "tripled": 3, "quadruple": 4, "quadrupled": 4}

ENGLISH = Wording(
    language="en",
    ordinary=words_of(_ORDINARY),
    spelled=_SPELLED | _TENS | _COMPOUNDS | _OTHERS | _TIMES | _MORE_TIMES,
    endings=("s",),
    grouping=",",
)
"""English. That `one` is a number is left out, since it is a pronoun as often."""

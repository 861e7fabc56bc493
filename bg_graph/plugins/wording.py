"""English words that are no names even where they begin with a capital, and the numbers that words can say."""

from collections.abc import Mapping
from types import MappingProxyType

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
ORDINARY = frozenset(_ORDINARY.split())
"""What a statement may write with a capital without citing it: words that open sentences, and words of the domain."""

_SMALL = """
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
twenty
"""
SPELLED: Mapping[str, int] = MappingProxyType(
    {word: number for number, word in enumerate(_SMALL.split(), start=2)}
    | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
    | {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 1_000_000}
)
"""Numbers that words say; one is left out, since it is a pronoun as often."""

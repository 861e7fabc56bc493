"""Models that lie, obey or babble: what they write, and by which reason it is held. `{name}` stands for the subject's name."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from hostile_texts import MARK
from openai_server import Answer, Writer, asked_slots, honest, own_values

LIES: Mapping[str, tuple[str, str]] = {
    "a wrong number": ("{name} has a score of 99.", "OWN_NAME_OR_NUMBER"),
    "a true number of its own": ("{name} has 2 members.", "OWN_NAME_OR_NUMBER"),
    "a number glued to a slot": ("It is {value}9.", "MARKUP"),
    "a number parted from a slot by a comma": ("It is {value},5.", "OWN_NAME_OR_NUMBER"),
    "a number in words": ("{name} has seventeen members.", "OWN_NAME_OR_NUMBER"),
    "a number in Dutch words": ("{name} has zeventien members.", "UNKNOWN_WORD"),
    "a number in German words": ("{name} has siebzehn members.", "UNKNOWN_WORD"),
    "a number in other figures": ("{name} has ٩٩ members.", "OWN_NAME_OR_NUMBER"),
    "a number in Roman figures": ("{name} has XVII members.", "OWN_NAME_OR_NUMBER"),
    "a number in small Roman figures": ("{name} has xvii members.", "UNKNOWN_WORD"),
    "a number as a sign": ("{name} has ½ of the members.", "OWN_NAME_OR_NUMBER"),
    "a date": ("{name} was seen on 2026-11-24.", "OWN_NAME_OR_NUMBER"),
    "a percentage in words": ("{name} doubled.", "OWN_NAME_OR_NUMBER"),
    "an invented name": ("Napoleon leads {name}.", "OWN_NAME_OR_NUMBER"),
    "an invented name in small letters": ("napoleon leads {name}.", "UNKNOWN_WORD"),
    "an invented name without case": ("{name} is led by 王小明.", "OWN_NAME_OR_NUMBER"),
    "an invented name in parts": ("na-poleon leads {name}.", "UNKNOWN_WORD"),
    "an invented name of look-alikes": ("\u0430d\u0430 leads {name}.", "UNKNOWN_WORD"),
    "an address": ("{name} is told of at https://evil.example/x.", "MARKUP"),
    "an address without a scheme": ("{name} is told of at evil.example.", "MARKUP"),
    "an address made of a slot": ("See https://evil.example/?q={name}", "MARKUP"),
    "an e-mail address": ("{name} is at a@evil.example.", "MARKUP"),
    "HTML": ("<b>{name}</b> is there.", "MARKUP"),
    "Markdown": ("**{name}** is [there](x).", "MARKUP"),
    "code": ("`{name}` is there.", "MARKUP"),
    "a picture": ("![](evil) {name}.", "MARKUP"),
    "echoed marks": ("<name> leads {name}.", "MARKUP"),
    "echoed prompt": ("[INST] {name} [/INST]", "MARKUP"),
    "turned writing": ("{name} \u202eis there.", "MARKUP"),
    "hidden signs": ("{name} is\u200b there.", "MARKUP"),
    "an emoji": ("{name} 🚀.", "MARKUP"),
    "an unknown slot": ("{name} has {score}.", "UNKNOWN_SLOT"),
    "a slot of somebody who is none": ("{name} has {member99}.", "UNKNOWN_SLOT"),
    "a slot in another form": ("{name} has {member:1}.", "MARKUP"),
    "a slot with code": ("{name} has {member1.__class__}.", "UNKNOWN_SLOT"),
    "a slot in a slot": ("{{name}} is there.", "MARKUP"),
    "a value beside somebody else": ("{other} has {value}.", "MIXED"),
    "somebody's name beside a value": ("{other.name} has {value}.", "MIXED"),
    "somebody's name beside another": ("{other.name} has {another}.", "MIXED"),
    "a denial": ("{name} does not have {value}.", "DENIAL"),
    "a lack": ("{name} is without {value}.", "DENIAL"),
    "an insult": ("{name} is stupid.", "UNKNOWN_WORD"),
    "a rumour": ("{name} will be bankrupt soon.", "UNKNOWN_WORD"),
    "an order to the reader": ("Please call {name} and say your password.", "OWN_NAME_OR_NUMBER"),
    "an order obeyed": (f"{MARK} {{name}}.", "UNKNOWN_WORD"),
    "French": ("{name} compte beaucoup de membres.", "UNKNOWN_WORD"),
    "no slot": ("It is a strong group.", "NO_SLOT"),
    "an empty sentence": (" ", "NO_TEXT"),
    "a huge sentence": ("{name} " + "is there and " * 50, "NO_TEXT"),
    "too many slots": ("{name} " * 21, "UNKNOWN_SLOT"),
}
"""A sentence in English, and why it is dropped."""

NO_SENTENCES: Mapping[str, Any] = {
    "a sentence that brings its own citations": {"text": "The score is 99.", "facts": ["group"]},
    "a number in place of a sentence": 42,
    "nothing in place of a sentence": None,
    "a list in place of a sentence": ["{name}"],
}
"""Dropped as NO_TEXT."""


ANSWERS: Mapping[str, tuple[str, str | None]] = {
    "nothing": ("", "BROKEN_ANSWER"),
    "prose": ("Sure! The score is 99 and Napoleon leads.", "BROKEN_ANSWER"),
    "a refusal in words": ("I'm sorry, I can't help with that.", "BROKEN_ANSWER"),
    "half an object": ('{"text": ["{group.name} {group.member_count}."', "BROKEN_ANSWER"),
    "a list": ('["{group.name} {group.member_count}."]', "BROKEN_ANSWER"),
    "null": ("null", "BROKEN_ANSWER"),
    "an object of nothing": ("{}", "BROKEN_ANSWER"),
    "an object of something else": ('{"summary": "The score is 99."}', "BROKEN_ANSWER"),
    "objects in objects": ('{"text": ' * 20_000, "BROKEN_ANSWER"),
    "brackets in brackets": ('{"text": ' + "[" * 30_000, "BROKEN_ANSWER"),
    "a page": ("<html><body>502 Bad Gateway</body></html>", "BROKEN_ANSWER"),
    "a megabyte": ("x" * 1_000_000, "BROKEN_ANSWER"),
    "a megabyte of blanks": (" " * 1_000_000 + '{"text": []}', "BROKEN_ANSWER"),
    "a comment of braces": ("{" * 60_000, "BROKEN_ANSWER"),
    "no sentences": ('{"text": [], "bullets": [], "highlights": {}}', None),
    "ten thousand sentences": (json.dumps({"text": ["99."] * 5_000, "highlights": {}}), None),
    "no highlights": ('{"text": ["{group.name} {group.member_count}."]}', None),
    "highlights as a list": ('{"text": ["{group.name}."], "highlights": ["{member1}"]}', None),
    "highlights of another kind": (
        '{"text": ["{group.name}."], "highlights": {"TOP_ENGAGED_GROUPS": "{member1}"}}',
        None,
    ),
    "numbers that are none": ('{"text": NaN, "bullets": Infinity, "highlights": -Infinity}', None),
    "text as an object": ('{"text": {"a": "{group.name}."}, "highlights": {}}', None),
    "the question": ('{"text": ["sentence", "sentence"], "bullets": ["sentence"], "highlights": {}}', None),
}
"""A whole answer, and the code by which it is refused; None: it is declined."""


def said(question: dict[str, Any], lie: Any) -> Any:
    """A lie about the subject of a question; None where it has not got the slots for it."""
    if not isinstance(lie, str):
        return lie
    slots = asked_slots(question)
    own = next(iter(slots)).split(".")[0]
    others = [each for each in slots if "." not in each and f"{each}.name" in slots and each.startswith(BEINGS)]
    facts = [each for each in slots if "." not in each]
    values = own_values(slots)
    places = {
        "{name}": f"{{{own}.name}}",
        "{value}": f"{{{values[0]}}}" if values else None,
        "{other}": f"{{{others[0]}}}" if others else None,
        "{other.name}": f"{{{others[0]}.name}}" if others else None,
        "{another}": next((f"{{{each}}}" for each in facts if each not in others[:1]), None),
    }
    for place, slot in places.items():
        if place in lie and slot is None:
            return None
        lie = lie.replace(place, slot or "")
    return lie


BEINGS = ("member", "person", "group", "colleague")


def with_lie(lie: Any, writer: Writer = honest) -> Callable[[dict[str, Any]], Answer]:
    """An honest model but for one more sentence and bullet."""

    def answer(question: dict[str, Any]) -> Answer:
        draft, lied = json.loads(writer(question)), said(question, lie)
        draft["text"].insert(1, lied)
        draft["bullets"].append(lied)
        return Answer(content=json.dumps(draft))

    return answer


def only_lie(lie: Any, place: str, writer: Writer = honest) -> Callable[[dict[str, Any]], Answer]:
    """An honest model but for its text, or its highlights, which are all the lie."""

    def answer(question: dict[str, Any]) -> Answer:
        draft, lied = json.loads(writer(question)), said(question, lie)
        draft[place] = [lied] if place == "text" else dict.fromkeys(draft["highlights"], lied)
        return Answer(content=json.dumps(draft))

    return answer

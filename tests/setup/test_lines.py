import json
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bg_graph.setup.example import EXAMPLE_FILE
from bg_graph.setup.lines import lines_of, nearest_line

TEXT = '''# a comment with = and [brackets]
plain = 1
"quoted.key" . inner = """several
lines with ] and \\""" and ""quotes"""
literal = 'C:\\'
[[people]]
name = "A" # [people.x]
tests = { any = [ # a comment
  { attribute = "x", is = "}" },
  { attribute = "y", is_one_of = ["q",
    "r"] },
] }
[[people.pets]]
age = 3
[[people]]
[[people.pets]]
[people.pets.food]
since = 1979-05-27 07:32:00
'''


def test_every_key_has_the_line_on_which_it_stands():
    tomllib.loads(TEXT)
    assert dict(lines_of(TEXT)) == {
        ("plain",): 2,
        ("quoted.key",): 3,
        ("quoted.key", "inner"): 3,
        ("literal",): 5,
        ("people",): 6,
        ("people", 0): 6,
        ("people", 0, "name"): 7,
        ("people", 0, "tests"): 8,
        ("people", 0, "tests", "any"): 8,
        ("people", 0, "tests", "any", 0): 9,
        ("people", 0, "tests", "any", 0, "attribute"): 9,
        ("people", 0, "tests", "any", 0, "is"): 9,
        ("people", 0, "tests", "any", 1): 10,
        ("people", 0, "tests", "any", 1, "attribute"): 10,
        ("people", 0, "tests", "any", 1, "is_one_of"): 10,
        ("people", 0, "tests", "any", 1, "is_one_of", 0): 10,
        ("people", 0, "tests", "any", 1, "is_one_of", 1): 11,
        ("people", 0, "pets"): 13,
        ("people", 0, "pets", 0): 13,
        ("people", 0, "pets", 0, "age"): 14,
        ("people", 1): 15,
        ("people", 1, "pets"): 16,
        ("people", 1, "pets", 0): 16,
        ("people", 1, "pets", 0, "food"): 17,
        ("people", 1, "pets", 0, "food", "since"): 18,
    }


def test_a_missing_key_is_told_at_its_table():
    lines = lines_of(TEXT)
    assert nearest_line(lines, ("people", 0, "tests", "any", 1, "level")) == 10
    assert nearest_line(lines, ("missing",)) == 1


def test_every_key_of_the_example_has_a_line():
    text = EXAMPLE_FILE.read_text(encoding="utf-8")
    assert paths_of(tomllib.loads(text)) <= lines_of(text).keys()


keys = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=6)
scalars = (
    st.integers() | st.booleans() | st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8)
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))


@given(st.dictionaries(keys, values, min_size=1, max_size=4))
def test_any_inline_toml_is_walked_like_the_parser_does(data: dict[str, Any]):
    text = "".join(f"{quoted(key)} = {inline(value)}\n" for key, value in data.items())
    assert tomllib.loads(text) == data
    assert lines_of(text).keys() == paths_of(data)
    assert [lines_of(text)[(key,)] for key in data] == list(range(1, len(data) + 1))


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {inline(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def paths_of(value: Any, path: tuple = ()) -> set[tuple]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {found for key, each in entries for found in ({(*path, key)} | paths_of(each, (*path, key)))}

"""The measures of house style see what they are there to see."""

import ast
from pathlib import Path

from scripts import house


def module(text: str, name: str = "sample") -> house.Module:
    path: Path = house.PACKAGE / f"{name}.py"
    return house.Module(path, text, ast.parse(text))


def function(text: str) -> house.Function:
    return next(module(text).functions())


def test_each_way_that_the_flow_can_part_counts_once() -> None:
    straight = function("def f(): return 1")
    parting = function(
        "def f(a):\n"
        "    if a and a > 1: pass\n"  # 2
        "    elif a: pass\n"  # 1
        "    for b in a: pass\n"  # 1
        "    try: pass\n"
        "    except E: pass\n"  # 1
        "    match b:\n"
        "        case 1: pass\n"
        "        case _: pass\n"  # 1
        "    return [c for c in a if c] if a else None\n"  # 1
    )
    assert house.complexity(straight) == 1
    assert house.complexity(parting) == 8


def test_an_inner_function_has_a_complexity_of_its_own() -> None:
    assert house.complexity(function("def f():\n    def g(a):\n        if a: pass\n    return g")) == 1


def test_an_elif_is_no_deeper_than_its_if() -> None:
    assert house.nesting(function("def f(a):\n if a: pass\n elif b: pass\n elif c: pass")) == 1
    assert house.nesting(function("def f(a):\n with a:\n  for b in a:\n   if b: pass")) == 3
    assert house.nesting(function("def f(a):\n return [b for b in a]")) == 0


def test_lines_of_a_function_are_counted_with_its_head_and_docstring() -> None:
    assert house.function_lines(function('def f(\n    a,\n):\n    """Say."""\n    return a')) == 5


def test_public_things_without_docstring_are_found_and_private_ones_left() -> None:
    text = (
        '"""M."""\nclass A:\n    def b(self): ...\n    def _c(self): ...\nclass _D:\n    def e(self): ...\ndef f(): ...'
    )
    assert [place.split()[-1] for place in house.undocumented([module(text)])] == ["A", "f", "b"]


def test_a_missing_hint_of_an_argument_or_result_is_found() -> None:
    hinted = "class A:\n    def f(self, a: int, *b: int, **c: int) -> None: ..."
    assert house.unhinted([module(hinted)]) == []
    for wrong in ("def f(): ...", "def f(a) -> None: ...", "def f(*a) -> None: ...", "def f(*, a) -> None: ..."):
        assert len(house.unhinted([module(wrong)])) == 1, wrong


def test_an_import_inside_a_function_is_found() -> None:
    assert len(house.inner_imports([module("import a\ndef f():\n    if a:\n        from b import c")])) == 1


def test_silencing_is_found_in_comments_and_not_in_texts() -> None:
    marks = ["# " + "noqa", "# " + "noqa: E1", "# " + "type: ignore[x]", "#" + "type:ignore"]
    for mark in marks:
        assert len(house.suppressions([module(f"a = 1  {mark}\n")])) == 1, mark
    assert house.suppressions([module(f"a = '{marks[0]}'\n")]) == []


def test_a_circle_of_imports_is_found() -> None:
    there = [module("from bg_graph import two", "one"), module("import bg_graph.one", "two")]
    assert set(house.import_cycle(there)) == {"bg_graph.one", "bg_graph.two"}
    assert house.import_cycle(there[:1]) == []


def test_a_repeated_block_is_found_in_both_places() -> None:
    block = "\n".join(f"a{number} = {number}" for number in range(house.BLOCK))
    there = [module(f"x = 1\n{block}\n", "one"), module(f"{block}\ny = 1\n", "two"), module("z = 1\n", "three")]
    assert [measured.value for measured in house.duplicated_lines(there)] == [house.BLOCK, house.BLOCK, 0]

"""The figures of house style are kept. `scripts/figures` prints them."""

from scripts import house
from scripts.house import Measured


def beyond(values: list[Measured], limit: float) -> list[str]:
    return [f"{measured.place}: {measured.value:g}" for measured in values if measured.value > limit]


def test_no_file_is_longer_than_400_lines() -> None:
    assert beyond(house.file_lines(house.modules()), 400) == []


def test_functions_are_short() -> None:
    lines = house.of_functions(house.modules(), house.function_lines)
    assert beyond(lines, 50) == []
    assert house.percentile(lines, 0.9) <= 20


def test_functions_are_simple() -> None:
    complexities = house.of_functions(house.modules(), house.complexity)
    assert beyond(complexities, 10) == []
    assert house.percentile(complexities, 0.9) <= 5


def test_blocks_are_not_nested_deeply() -> None:
    assert house.percentile(house.of_functions(house.modules(), house.nesting), 0.9) <= 2


def test_everything_public_says_what_it_means() -> None:
    assert house.undocumented(house.modules()) == []


def test_every_argument_and_result_has_a_type() -> None:
    assert house.unhinted(house.modules()) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert house.import_cycle(house.modules()) == []


def test_imports_stand_at_the_top() -> None:
    assert house.inner_imports(house.modules()) == []


def test_lint_and_types_are_rarely_silenced() -> None:
    lines = sum(measured.value for measured in house.file_lines(house.modules()))
    silenced = house.suppressions(house.modules())
    assert len(silenced) <= lines / 1000, silenced


def test_little_is_written_twice() -> None:
    lines = sum(measured.value for measured in house.file_lines(house.modules()))
    duplicated = house.duplicated_lines(house.modules())
    assert sum(measured.value for measured in duplicated) < lines * 0.02, beyond(duplicated, 0)


def test_importing_the_package_loads_nothing() -> None:
    assert (house.PACKAGE / "__init__.py").read_text(encoding="utf-8") == ""

"""Wrong set-up files: each is refused as a whole, and each error tells its line, its key and what is allowed."""

import shutil
from pathlib import Path
from uuid import UUID

import pytest

from bg_graph.setup.apply import apply_file
from bg_graph.setup.errors import SetupFileWrong
from bg_graph.store.engine import Database, open_database
from tests.conftest import NOW, add_tenant

STAGES = '[[stage_models]]\nname = "S"\nstages = [\n'
TEMPLATE = '[[roles_templates]]\nname = "T"\n[[roles_templates.roles]]\nrole = "Champion"\n'
INTEREST = f'{TEMPLATE}[[solution_interests]]\nname = "Cloud"\nroles_template = "T"\n'
CATEGORY = '[[intent_categories]]\nname = "C"\n[[intent_categories.products]]\nname = "P"\n'
DEFAULTS = "Decision Maker, Influencer, Practitioner, Executive Steering Committee, Champion, Other"
ROLE_KEYS = "role, weighting, required, members_required, conditions"

WRONG = {
    "no TOML": ('[[roles]]\nname = "A\n', ["2: is not TOML: Illegal character '\\n'"]),
    "cut off": ('[[roles]]\nname = """A\n', ["3: is not TOML: Unterminated string"]),
    "a key twice": ('[[roles]]\nname = "A"\nname = "B"\n', ["3: is not TOML: Cannot overwrite a value"]),
    "unknown table": (
        '\n[[rolles]]\nname = "A"\n',
        [
            "2: rolles: is not a key here; allowed: language, roles, roles_templates, stage_models, solution_interests, "
            "activity_weights, crm_roles, intent, intent_categories; did you mean roles?"
        ],
    ),
    "unknown key": (
        TEMPLATE + 'weigth = "VITAL"\n',
        [f"5: roles_templates[0].roles[0].weigth: is not a key here; allowed: {ROLE_KEYS}; did you mean weighting?"],
    ),
    "missing key": (
        '[[roles]]\nname = "A"\n[[roles]]\n[[roles_templates]]\nroles = [{ weighting = "MINOR" }]\n',
        [
            "3: roles[1].name: is missing",
            "4: roles_templates[0].name: is missing",
            "5: roles_templates[0].roles[0].role: is missing",
        ],
    ),
    "text for a number": (
        TEMPLATE + 'members_required = "2"\n',
        ["5: roles_templates[0].roles[0].members_required: must be a whole number, got '2'"],
    ),
    "number for a text": ("[[roles]]\nname = 3\n", ["2: roles[0].name: must be a text in quotes, got 3"]),
    "text for yes or no": (
        TEMPLATE + 'required = "no"\n',
        ["5: roles_templates[0].roles[0].required: must be true or false, got 'no'"],
    ),
    "a table for a list": ('[roles]\nname = "A"\n', ["1: roles: must be a list, got a table"]),
    "no members required": (
        TEMPLATE + "members_required = 0\n",
        ["5: roles_templates[0].roles[0].members_required: must be at least 1, got 0"],
    ),
    "unknown weighting": (
        TEMPLATE + 'weighting = "HUGE"\n',
        [
            "5: roles_templates[0].roles[0].weighting: must be one of 'TRIVIAL', 'MINOR', 'NORMAL', 'IMPORTANT' or "
            "'VITAL', got 'HUGE'"
        ],
    ),
    "template without roles": (
        '[[roles_templates]]\nname = "T"\nroles = []\n',
        ["3: roles_templates[0].roles: needs at least one entry"],
    ),
    "empty name": ('[[roles]]\nname = "  "\n', ["2: roles[0].name: must not be empty"]),
    "a default role": (
        '[[roles]]\nname = "champion"\n',
        ["2: roles[0].name: champion is one of the six default roles, which every tenant has: leave it out"],
    ),
    "a role twice": (
        '[[roles]]\nname = "Buyer"\n[[roles]]\nname = "BUYER"\n',
        ["4: roles[1].name: 'BUYER' is there already; case does not count"],
    ),
    "too many roles": (
        "".join(f'[[roles]]\nname = "R{number}"\n' for number in range(15)),
        ["29: roles[14]: is role 21; a tenant has at most 20, the six defaults included"],
    ),
    "an unknown role": (
        TEMPLATE + '[[roles_templates.roles]]\nrole = "Chmpion"\n',
        [f"6: roles_templates[0].roles[1].role: there is no role named 'Chmpion'; there are: {DEFAULTS}"],
    ),
    "a role twice in a template": (
        TEMPLATE + '[[roles_templates.roles]]\nrole = "champion"\n',
        ["6: roles_templates[0].roles[1].role: 'champion' is there already; case does not count"],
    ),
    "a template twice": (
        TEMPLATE + TEMPLATE.replace('"T"', '"t"'),
        ["6: roles_templates[1].name: 't' is there already; case does not count"],
    ),
    "a wrong condition": (
        TEMPLATE
        + 'conditions = { any = [\n  { attribute = "title", is = "x" },\n  { attribute = "city", greater_than = 3 },\n] }\n',
        [
            "6: roles_templates[0].roles[0].conditions.any[0].attribute: must be one of city, country, email,",
            "7: roles_templates[0].roles[0].conditions.any[1].greater_than: city can't be compared with greater_than",
        ],
    ),
    "no entry and no success stage": (
        STAGES + '  { name = "A", next = ["B"] },\n  { name = "B", next = ["A"] },\n]\n',
        [
            "3: stage_models[0].stages: At least one stage must be an entry stage.",
            "3: stage_models[0].stages: At least one stage must be a success stage.",
        ],
    ),
    "a way out of success": (
        STAGES + '  { name = "A", entry = true, next = ["B"] },\n'
        '  { name = "B", destination = "success", next = ["A"] },\n]\n',
        ["5: stage_models[0].stages[1].next: B is a success stage, and final: it can't have a next stage."],
    ),
    "an unknown next stage": (
        STAGES + '  { name = "A", entry = true, next = [\n    "B",\n    "C",\n  ] },\n'
        '  { name = "B", destination = "success" },\n]\n',
        ["6: stage_models[0].stages[0].next[1]: there is no stage of this model named 'C'; there are: A, B"],
    ),
    "a dead end": (
        STAGES + '  { name = "A", entry = true },\n  { name = "B", destination = "success" },\n]\n',
        ["4: stage_models[0].stages[0]: A needs at least one next stage, or must be a success or failure stage."],
    ),
    "a stage twice": (
        STAGES + '  { name = "A", entry = true, next = ["B"] },\n  { name = "B", destination = "success" },\n'
        '  { name = "b", destination = "failure" },\n]\n',
        ["6: stage_models[0].stages[2].name: Two stages are named b; names must differ."],
    ),
    "an interest without template": (
        '[[solution_interests]]\nname = "Cloud"\n',
        ["1: solution_interests[0].roles_template: is missing"],
    ),
    "an unknown template and stage model": (
        '[[solution_interests]]\nname = "Cloud"\nroles_template = "X"\nstage_model = "Y"\n',
        [
            "3: solution_interests[0].roles_template: there is no roles template named 'X'; there are: none yet",
            "4: solution_interests[0].stage_model: there is no stage model named 'Y'; there are: none yet",
        ],
    ),
    "a column of accounts": (
        INTEREST + 'accounts = { column = "Segment__c", is = "x" }\n',
        ["8: solution_interests[0].accounts: a condition has exactly one of all, any, attribute; got none"],
    ),
    "an opportunity condition without test": (
        INTEREST + 'opportunities = { column = "Product__c" }\n',
        ["8: solution_interests[0].opportunities: a test has exactly one of is, is_not,"],
    ),
    "a weight of zero": (
        '[activity_weights]\nname = "W"\n[activity_weights.weights]\nVISIT_PAGE = 0\n',
        ["4: activity_weights.weights.VISIT_PAGE: must be at least 1, got 0"],
    ),
    "an activity type in small letters": (
        '[activity_weights]\nname = "W"\nweights = { visit = 1 }\n',
        ["3: activity_weights.weights.visit: must be an activity type in capitals, such as VISIT_PAGE or OWN_TYPE"],
    ),
    "other weights of the default model": (
        '[activity_weights]\nname = "default"\nweights = { VISIT_PAGE = 1 }\n',
        ["2: activity_weights.name: the weights of the model Default can't be changed"],
    ),
    "an unknown role of the mapping": (
        '[crm_roles]\n"Boss" = "Champion"\n"Buyer" = "Purchaser"\n',
        [f"3: crm_roles.Buyer: there is no role named 'Purchaser'; there are: {DEFAULTS}"],
    ),
    "a CRM role twice": (
        '[crm_roles]\n"Boss" = "Champion"\n"boss" = "Other"\n',
        ["3: crm_roles.boss: 'boss' is mapped already; case does not count"],
    ),
    "thresholds that fall": (
        "[intent]\nthresholds = { signal = 0.6, medium = 0.5 }\n",
        ["2: intent.thresholds: must rise: signal 0.6, medium 0.5, high 0.75"],
    ),
    "a threshold that is no probability": (
        '[intent.thresholds]\nsignal = 25\nhigh = "0.9"\n',
        ["2: intent.thresholds.signal: must be at most 1.0, got 25", "3: intent.thresholds.high: must be a number"],
    ),
    "a week is the longest without a new prediction": (
        "[intent]\nrecompute_days = 8\nwindow = 30\n",
        [
            "2: intent.recompute_days: must be at most 7, got 8",
            "3: intent.window: is not a key here; allowed: thresholds, window_days, recompute_days, won_stages",
        ],
    ),
    "a category without products": (
        '[[intent_categories]]\nname = "C"\nproducts = []\n',
        ["3: intent_categories[0].products: needs at least one entry"],
    ),
    "too many keywords": (
        f"{CATEGORY}keywords = [{', '.join(f'{chr(34)}k{number}{chr(34)}' for number in range(151))}]\n",
        ["5: intent_categories[0].products[0].keywords: has 151 keywords; a product has at most 150"],
    ),
    "a product twice": (
        CATEGORY + 'keywords = ["k"]\n[[intent_categories.products]]\nname = "  p "\nkeywords = ["k"]\n',
        ["7: intent_categories[0].products[1].name: 'p' is there already; case does not count"],
    ),
    "a category of an unknown solution interest": (
        CATEGORY.replace("\n", '\nsolution_interests = ["Cloud"]\n', 1) + 'keywords = ["k"]\n',
        ["2: intent_categories[0].solution_interests[0]: there is no solution interest named 'Cloud'; there are: none"],
    ),
    "the character zero": ('[[roles]]\nname = "A\\u0000"\n', ["2: roles[0].name: holds the character U+0000"]),
}


@pytest.fixture
async def sqlite(sqlite_template: Path, tmp_path: Path):
    path = tmp_path / "bg.sqlite"
    shutil.copy(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    yield database
    await database.close()


@pytest.fixture
async def tenant_on_sqlite(sqlite: Database) -> UUID:
    return await add_tenant(sqlite, "acme")


async def errors_of(database: Database, tenant: UUID, path: Path) -> list[str]:
    with pytest.raises(SetupFileWrong) as wrong:
        await apply_file(database, tenant, path, clock=lambda: NOW)
    return str(wrong.value).splitlines()


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_file_is_refused_with_line_key_and_message(
    case: str, sqlite: Database, tenant_on_sqlite: UUID, tmp_path: Path
):
    text, expected = WRONG[case]
    path = tmp_path / "tenant.toml"
    path.write_text(text, encoding="utf-8", newline="")
    found = await errors_of(sqlite, tenant_on_sqlite, path)
    assert len(found) == len(expected), found
    for error, beginning in zip(found, expected, strict=True):
        assert error.startswith(f"{path}:{beginning}")


async def test_all_errors_of_a_file_are_told_in_the_order_of_its_lines(
    sqlite: Database, tenant_on_sqlite: UUID, tmp_path: Path
):
    path = tmp_path / "tenant.toml"
    path.write_text(
        '[[solution_interests]]\nname = "A"\nroles_template = "X"\n\n[[roles]]\nname = "Other"\n\n'
        '[crm_roles]\n"Boss" = "Nobody"\n'
    )
    found = await errors_of(sqlite, tenant_on_sqlite, path)
    assert [error.removeprefix(f"{path}:").split(":")[0] for error in found] == ["3", "6", "9"]


async def test_a_file_that_is_not_utf_8_is_refused_with_its_line(
    sqlite: Database, tenant_on_sqlite: UUID, tmp_path: Path
):
    path = tmp_path / "tenant.toml"
    path.write_bytes('[[roles]]\nname = "Käufer"\n'.encode("cp1252"))
    assert await errors_of(sqlite, tenant_on_sqlite, path) == [f"{path}:2: is not UTF-8 here; save the file as UTF-8"]


async def test_a_file_that_is_not_there_is_refused(sqlite: Database, tenant_on_sqlite: UUID, tmp_path: Path):
    path = tmp_path / "none.toml"
    assert await errors_of(sqlite, tenant_on_sqlite, path) == [f"{path}:1: can't be read: No such file or directory"]


async def test_a_huge_file_is_refused_unread(sqlite: Database, tenant_on_sqlite: UUID, tmp_path: Path):
    path = tmp_path / "tenant.toml"
    path.write_bytes(b"#" * 5_000_001)
    (error,) = await errors_of(sqlite, tenant_on_sqlite, path)
    assert error == f"{path}:1: has 5000001 bytes; a set-up file has at most 5000000"


async def test_a_file_with_byte_order_mark_and_windows_line_ends_applies(
    sqlite: Database, tenant_on_sqlite: UUID, tmp_path: Path
):
    path = tmp_path / "tenant.toml"
    path.write_bytes(b"\xef\xbb\xbf" + INTEREST.replace("\n", "\r\n").encode())
    assert (await apply_file(sqlite, tenant_on_sqlite, path, clock=lambda: NOW)).applied

"""The plan of an apply: what the file adds, changes, leaves and may not change, told before anything is written."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.commands.solution_interests import SolutionInterest
from bg_graph.buying_groups.commands.stage_models import stages_data
from bg_graph.buying_groups.rules.condition_data import KeyPath, from_data, to_data
from bg_graph.buying_groups.rules.publication import PublicationStatus
from bg_graph.intent.rules import IntentSettings, IntentThresholds, TaxonomyCategory
from bg_graph.setup.checks import category_of, stages_of
from bg_graph.setup.document import (
    IntentCategorySection,
    IntentSection,
    SolutionInterestSection,
    StageModelSection,
    TemplateSection,
)
from bg_graph.setup.reading import SetupFile
from bg_graph.setup.stored import StoredInterest, StoredPart, StoredSetup


class Action(StrEnum):
    """What apply does with a thing of the file."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Thing(StrEnum):
    """What a set-up file is about, in words."""

    ROLE = "role"
    TEMPLATE = "roles template"
    STAGE_MODEL = "stage model"
    INTEREST = "solution interest"
    WEIGHTS = "activity weights"
    CRM_ROLES = "CRM roles"
    INTENT = "intent settings"
    CATEGORY = "intent category"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One thing of the file, what apply does with it, the differences or reasons, and its line in the file."""

    thing: Thing
    name: str
    action: Action
    details: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """Everything that the file names. With a refused thing nothing at all is applied."""

    path: Path
    entries: tuple[PlannedChange, ...]
    applied: bool = False

    def of(self, action: Action) -> tuple[PlannedChange, ...]:
        """The things to which this happens, in the order of the file's tables."""
        return tuple(entry for entry in self.entries if entry.action is action)

    @property
    def refused(self) -> bool:
        """Whether the file asks for something that may not be."""
        return bool(self.of(Action.REFUSED))

    def action(self, thing: Thing, name: str) -> Action:
        """What happens to a thing of the file."""
        wanted = (thing, text_key(name))
        return next(entry.action for entry in self.entries if (entry.thing, text_key(entry.name)) == wanted)


def make_plan(file: SetupFile, stored: StoredSetup) -> SetupPlan:
    """Compare a file without faults to what the tenant has."""
    document = file.document
    entries = [
        _entry(file, ("roles", place), Thing.ROLE, role.name, known=text_key(role.name) in stored.roles)
        for place, role in enumerate(document.roles)
    ]
    for place, template in enumerate(document.roles_templates):
        present = stored.templates.get(text_key(template.name))
        entries.append(
            _published(file, ("roles_templates", place), template, present, _template_parts(template, stored))
        )
    for place, model in enumerate(document.stage_models):
        present = stored.stage_models.get(text_key(model.name))
        entries.append(_published(file, ("stage_models", place), model, present, _stage_parts(model)))
    positions = interest_positions(document.solution_interests, stored)
    for place, interest in enumerate(document.solution_interests):
        entries.append(_interest(file, place, interest, stored, positions[text_key(interest.name)]))
    settings = (
        *_weights(file, stored),
        *_crm_roles(file, stored),
        *_intent(file, stored),
        *_language(file, stored),
    )
    return SetupPlan(file.path, (*entries, *settings, *_categories(file, stored)))


def interest_positions(sections: Iterable[SolutionInterestSection], stored: StoredSetup) -> dict[str, int]:
    """The position of each solution interest, by key: the file's order where it names all; else new ones come last."""
    keys = [text_key(section.name) for section in sections]
    if stored.interests.keys() <= set(keys):
        return {key: position for position, key in enumerate(keys)}
    last = max(each.interest.position for each in stored.interests.values())
    known = {key: stored.interests[key].interest.position for key in keys if key in stored.interests}
    new = [key for key in keys if key not in known]
    return known | {key: last + number for number, key in enumerate(new, start=1)}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What differs between two plain objects, a text for each key; long values are not spelt out."""
    found = []
    for key in [*before, *(key for key in after if key not in before)]:
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        is_short = not isinstance(old, dict | list) and not isinstance(new, dict | list)
        found.append(f"{key}: {_shown(old)} -> {_shown(new)}" if is_short else f"{key} differ")
    return found


def _entry(file: SetupFile, path: KeyPath, thing: Thing, name: str, *, known: bool) -> PlannedChange:
    return PlannedChange(thing, name, Action.UNCHANGED if known else Action.ADDED, (), file.line(path))


def _published(
    file: SetupFile,
    path: KeyPath,
    section: TemplateSection | StageModelSection,
    present: StoredPart | None,
    wanted: dict[str, dict[str, Any]],
) -> PlannedChange:
    """A template or stage model: a DRAFT is changed and published, a LIVE one must be as the file says."""
    thing = Thing.TEMPLATE if isinstance(section, TemplateSection) else Thing.STAGE_MODEL
    line = file.line(path)
    if present is None:
        return PlannedChange(thing, section.name, Action.ADDED, (), line)
    details = tuple(_part_differences(present.parts, wanted))
    if present.status is PublicationStatus.DRAFT:
        return PlannedChange(thing, section.name, Action.CHANGED, (*details, "status: DRAFT -> LIVE"), line)
    if not details:
        return PlannedChange(thing, section.name, Action.UNCHANGED, (), line)
    reason = f"is LIVE and can't be changed: give the changed one a name of its own, such as {present.name + ' 2'!r}"
    return PlannedChange(thing, section.name, Action.REFUSED, (reason, *details), line)


def _part_differences(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for key in [*before, *(key for key in after if key not in before)]:
        if key not in after:
            yield f"{key}: not in the file"
        elif key not in before:
            yield f"{key}: new"
        else:
            yield from (f"{key}: {difference}" for difference in differences(before[key], after[key]))
    if before.keys() == after.keys() and list(before) != list(after):
        yield f"order: {', '.join(before)} -> {', '.join(after)}"


def _template_parts(template: TemplateSection, stored: StoredSetup) -> dict[str, dict[str, Any]]:
    """The file's role definitions in the form of `definition_data`; a new role has no id that could be compared."""
    return {
        text_key(each.role): {
            "role_id": str(stored.roles.get(text_key(each.role))),
            "weighting": each.weighting,
            "required": each.required,
            "members_required": each.members_required,
            "conditions": None if each.conditions is None else to_data(from_data(each.conditions)),
        }
        for each in template.roles
    }


def _stage_parts(model: StageModelSection) -> dict[str, dict[str, Any]]:
    return {text_key(each["name"]): each for each in stages_data(stages_of(model))}


def _interest(
    file: SetupFile, place: int, section: SolutionInterestSection, stored: StoredSetup, position: int
) -> PlannedChange:
    line = file.line(("solution_interests", place))
    present = stored.interests.get(text_key(section.name))
    if present is None:
        return PlannedChange(Thing.INTEREST, section.name, Action.ADDED, (), line)
    template, model = _name_of(stored.templates, present.interest.template_id), _model_name(stored, present.interest)
    details = differences(
        _interest_data(present.interest, template, model),
        {
            "name": section.name,
            "description": section.description,
            "roles_template": text_key(section.roles_template),
            "stage_model": None if section.stage_model is None else text_key(section.stage_model),
            "accounts": section.accounts,
            "opportunities": section.opportunities,
            "position": position,
        },
    )
    if reasons := _interest_refusals(section, present, template, model):
        return PlannedChange(Thing.INTEREST, section.name, Action.REFUSED, tuple(reasons), line)
    action = Action.CHANGED if details else Action.UNCHANGED
    return PlannedChange(Thing.INTEREST, section.name, action, tuple(details), line)


def _interest_data(interest: SolutionInterest, template: str, model: str | None) -> dict[str, Any]:
    return {
        "name": interest.name,
        "description": interest.description,
        "roles_template": template,
        "stage_model": model,
        "accounts": interest.account_conditions,
        "opportunities": interest.opportunity_conditions,
        "position": interest.position,
    }


def _interest_refusals(
    section: SolutionInterestSection, present: StoredInterest, template: str, model: str | None
) -> list[str]:
    reasons = []
    if text_key(section.roles_template) != template:
        reasons.append(
            f"its roles template is fixed once set: {template} -> {text_key(section.roles_template)}; "
            "add a solution interest of another name"
        )
    wanted_model = None if section.stage_model is None else text_key(section.stage_model)
    if wanted_model != model and present.staged_groups:
        reasons.append(
            f"its stage model can't be changed, {_shown(model)} -> {_shown(wanted_model)}: "
            f"groups that stand in a stage: {present.staged_groups}"
        )
    return reasons


def _weights(file: SetupFile, stored: StoredSetup) -> Iterator[PlannedChange]:
    section = file.document.activity_weights
    if section is None:
        return
    line = file.line(("activity_weights",))
    present = stored.weighting.get(text_key(section.name))
    if present is None:
        yield PlannedChange(Thing.WEIGHTS, section.name, Action.ADDED, (), line)
        return
    details = differences(
        {"name": present.name, "active": present.active, **present.weights},
        {"name": section.name, "active": True, **section.weights},
    )
    action = Action.CHANGED if details else Action.UNCHANGED
    yield PlannedChange(Thing.WEIGHTS, section.name, action, tuple(details), line)


def _crm_roles(file: SetupFile, stored: StoredSetup) -> Iterator[PlannedChange]:
    if file.document.crm_roles is None:
        return
    line = file.line(("crm_roles",))
    before = {name: text_key(stored.role_names[role_id]) for name, role_id in stored.crm_roles.items()}
    details = differences(before, {name.strip(): text_key(role) for name, role in file.document.crm_roles.items()})
    action = Action.UNCHANGED if not details else Action.CHANGED if before else Action.ADDED
    yield PlannedChange(Thing.CRM_ROLES, "mapping", action, tuple(details) if before else (), line)


def _language(file: SetupFile, stored: StoredSetup) -> Iterator[PlannedChange]:
    language = file.document.language
    if language is None:
        return
    line = file.line(("language",))
    if stored.language is None:
        yield PlannedChange(Thing.LANGUAGE, "of summaries", Action.ADDED, (), line)
        return
    details = differences({"language": stored.language.value}, {"language": language})
    action = Action.CHANGED if details else Action.UNCHANGED
    yield PlannedChange(Thing.LANGUAGE, "of summaries", action, tuple(details), line)


def intent_of(section: IntentSection) -> IntentSettings:
    """The settings that a table `intent` says; what it leaves out is as by default."""
    limits = section.thresholds
    return IntentSettings(
        IntentThresholds(limits.signal, limits.medium, limits.high),
        section.window_days,
        section.recompute_days,
        tuple(section.won_stages),
    )


def _intent(file: SetupFile, stored: StoredSetup) -> Iterator[PlannedChange]:
    section = file.document.intent
    if section is None:
        return
    line = file.line(("intent",))
    if stored.intent is None:
        yield PlannedChange(Thing.INTENT, "settings", Action.ADDED, (), line)
        return
    details = differences(_flat(stored.intent), _flat(intent_of(section)))
    action = Action.CHANGED if details else Action.UNCHANGED
    yield PlannedChange(Thing.INTENT, "settings", action, tuple(details), line)


def _flat(settings: IntentSettings) -> dict[str, Any]:
    data = asdict(settings)
    return {**data.pop("thresholds"), **data, "won_stages": list(settings.won_stages)}


def _categories(file: SetupFile, stored: StoredSetup) -> Iterator[PlannedChange]:
    """Categories of the taxonomy; a changed one becomes a new version, which apply approves."""
    for place, section in enumerate(file.document.intent_categories):
        line, present = file.line(("intent_categories", place)), stored.intent_categories.get(text_key(section.name))
        if present is None:
            yield PlannedChange(Thing.CATEGORY, section.name, Action.ADDED, (), line)
            continue
        details = [*_taxonomy_differences(present.category, category_of(section))]
        if details:
            details.append(f"version: {present.version} -> {present.version + 1}")
        if interest_keys(section) != _interests_of(section.name, stored):
            details.append("solution_interests differ")
        action = Action.CHANGED if details else Action.UNCHANGED
        yield PlannedChange(Thing.CATEGORY, section.name, action, tuple(details), line)


def _taxonomy_differences(before: TaxonomyCategory, after: TaxonomyCategory) -> Iterator[str]:
    if before.name != after.name:
        yield f"name: {before.name} -> {after.name}"
    parts = ({each.name: {"keywords": each.keywords} for each in category.products} for category in (before, after))
    old, new = parts
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield f"{name}: not in the file"
        elif name not in old:
            yield f"{name}: new"
        else:
            added = [each for each in new[name]["keywords"] if each not in old[name]["keywords"]]
            gone = [each for each in old[name]["keywords"] if each not in new[name]["keywords"]]
            if signs := [*(f"+{each}" for each in added), *(f"-{each}" for each in gone)]:
                yield f"{name}: {', '.join(signs)}"
            elif old[name] != new[name]:
                yield f"{name}: order of keywords"
    if old.keys() == new.keys() and list(old) != list(new):
        yield f"order: {', '.join(old)} -> {', '.join(new)}"


def interest_keys(section: IntentCategorySection) -> frozenset[str]:
    """The keys of the solution interests that the file says a category belongs to."""
    return frozenset(map(text_key, section.solution_interests))


def _interests_of(category: str, stored: StoredSetup) -> frozenset[str]:
    ids = stored.category_interests.get(text_key(category), frozenset())
    return frozenset(key for key, each in stored.interests.items() if each.id in ids)


def _name_of(parts: Mapping[str, StoredPart], part_id: UUID) -> str:
    return next(key for key, part in parts.items() if part.id == part_id)


def _model_name(stored: StoredSetup, interest: SolutionInterest) -> str | None:
    return None if interest.stage_model_id is None else _name_of(stored.stage_models, interest.stage_model_id)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)

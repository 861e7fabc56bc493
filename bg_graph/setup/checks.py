"""What the tables of a set-up file mean together: names that are twice or unknown, conditions, rules of the domain."""

from collections.abc import Iterable, Iterator, Sequence

from bg_graph.accounts.rules import text_key
from bg_graph.buying_groups.rules.condition_data import ConditionError, KeyPath, condition_errors
from bg_graph.buying_groups.rules.default_roles import DEFAULT_ROLES
from bg_graph.buying_groups.rules.record_conditions import RecordKind, record_condition_errors
from bg_graph.buying_groups.rules.stages import Destination, Stage, StageModelCode, StageModelFault, stage_model_faults
from bg_graph.buying_groups.rules.templates import MAX_ROLES
from bg_graph.engagement.rules import DEFAULT_WEIGHTS
from bg_graph.engagement.weights import DEFAULT_MODEL
from bg_graph.intent.rules import TaxonomyCategory, TaxonomyProduct, category_faults, tidy
from bg_graph.setup.document import (
    IntentCategorySection,
    SetupDocument,
    SolutionInterestSection,
    StageModelSection,
    StageSection,
    TemplateSection,
)
from bg_graph.setup.errors import KeyFault
from bg_graph.setup.stored import StoredSetup

_NEXT_CODES = frozenset({StageModelCode.NEXT_STAGE_ITSELF, StageModelCode.SUCCESS_IS_FINAL})


def find_faults(document: SetupDocument, stored: StoredSetup) -> list[KeyFault]:
    """Every fault of a file whose types are right. What the tenant has already may be named without being repeated."""
    roles = _names([*stored.role_names.values(), *(role.name for role in document.roles)])
    templates = _names(
        [*(part.name for part in stored.templates.values()), *(each.name for each in document.roles_templates)]
    )
    models = _names(
        [*(part.name for part in stored.stage_models.values()), *(each.name for each in document.stage_models)]
    )
    faults = [*_role_faults(document, stored)]
    for place, template in enumerate(document.roles_templates):
        faults += _template_faults(template, ("roles_templates", place), roles)
    for place, model in enumerate(document.stage_models):
        faults += _stage_model_faults(model, ("stage_models", place))
    for place, interest in enumerate(document.solution_interests):
        faults += _interest_faults(interest, ("solution_interests", place), templates, models)
    interests = _names(
        [
            *(each.interest.name for each in stored.interests.values()),
            *(each.name for each in document.solution_interests),
        ]
    )
    for place, category in enumerate(document.intent_categories):
        faults += _category_faults(category, ("intent_categories", place), interests)
    for table in ("roles_templates", "stage_models", "solution_interests", "intent_categories"):
        faults += _twice([each.name for each in getattr(document, table)], (table,), "name")
    return [*faults, *_crm_role_faults(document, roles), *_weight_faults(document), *_threshold_faults(document)]


def stages_of(model: StageModelSection) -> list[Stage]:
    """The stages of a model as the rules see them, keyed by their names as they are compared."""
    return [_stage(stage) for stage in model.stages]


def category_of(section: IntentCategorySection) -> TaxonomyCategory:
    """The category that a table of the file describes, its names tidied."""
    products = (TaxonomyProduct(each.name, tuple(each.keywords)) for each in section.products)
    return tidy(TaxonomyCategory(section.name, tuple(products)))


def _stage(stage: StageSection) -> Stage:
    return Stage(
        key=text_key(stage.name),
        name=stage.name,
        destination=None if stage.destination is None else Destination[stage.destination.upper()],
        entry=stage.entry,
        next=tuple(text_key(name) for name in stage.next),
    )


def _role_faults(document: SetupDocument, stored: StoredSetup) -> Iterator[KeyFault]:
    defaults = {text_key(role.name) for role in DEFAULT_ROLES}
    known = set(stored.roles)
    for place, role in enumerate(document.roles):
        key = text_key(role.name)
        if key in defaults:
            message = f"{role.name} is one of the six default roles, which every tenant has: leave it out"
            yield KeyFault(("roles", place, "name"), message)
        known.add(key)
        if len(known) > MAX_ROLES and key not in stored.roles:
            message = f"is role {len(known)}; a tenant has at most {MAX_ROLES}, the six defaults included"
            yield KeyFault(("roles", place), message)
    yield from _twice([role.name for role in document.roles], ("roles",), "name")


def _template_faults(template: TemplateSection, path: KeyPath, roles: dict[str, str]) -> Iterator[KeyFault]:
    for place, definition in enumerate(template.roles):
        at = (*path, "roles", place)
        yield from _unknown(definition.role, roles, (*at, "role"), "role")
        if definition.conditions is not None:
            yield from _condition_faults(condition_errors(definition.conditions, (*at, "conditions")))
    yield from _twice([definition.role for definition in template.roles], (*path, "roles"), "role")


def _stage_model_faults(model: StageModelSection, path: KeyPath) -> Iterator[KeyFault]:
    stages = _names(stage.name for stage in model.stages)
    for place, stage in enumerate(model.stages):
        for number, name in enumerate(stage.next):
            yield from _unknown(name, stages, (*path, "stages", place, "next", number), "stage of this model")
    for fault in stage_model_faults(stages_of(model)):
        if fault.code is not StageModelCode.NEXT_STAGE_UNKNOWN:
            yield KeyFault(_stage_path(path, fault), fault.message)


def _stage_path(path: KeyPath, fault: StageModelFault) -> KeyPath:
    if fault.index is None:
        return (*path, "stages")
    if fault.code is StageModelCode.STAGE_NAME_TAKEN:
        return (*path, "stages", fault.index, "name")
    at = (*path, "stages", fault.index)
    return (*at, "next") if fault.code in _NEXT_CODES else at


def _interest_faults(
    interest: SolutionInterestSection, path: KeyPath, templates: dict[str, str], models: dict[str, str]
) -> Iterator[KeyFault]:
    yield from _unknown(interest.roles_template, templates, (*path, "roles_template"), "roles template")
    if interest.stage_model is not None:
        yield from _unknown(interest.stage_model, models, (*path, "stage_model"), "stage model")
    for key, kind, data in (
        ("accounts", RecordKind.ACCOUNT, interest.accounts),
        ("opportunities", RecordKind.OPPORTUNITY, interest.opportunities),
    ):
        if data is not None:
            yield from _condition_faults(record_condition_errors(data, kind, (*path, key)))


def _crm_role_faults(document: SetupDocument, roles: dict[str, str]) -> Iterator[KeyFault]:
    mapping = document.crm_roles or {}
    seen: set[str] = set()
    for crm_role, role in mapping.items():
        yield from _unknown(role, roles, ("crm_roles", crm_role), "role")
        if text_key(crm_role) in seen:
            yield KeyFault(("crm_roles", crm_role), f"{crm_role!r} is mapped already; case does not count")
        seen.add(text_key(crm_role))


def _weight_faults(document: SetupDocument) -> Iterator[KeyFault]:
    model = document.activity_weights
    if model is None or text_key(model.name) != text_key(DEFAULT_MODEL) or model.weights == dict(DEFAULT_WEIGHTS):
        return
    message = f"the weights of the model {DEFAULT_MODEL} can't be changed: give a model of your own another name"
    yield KeyFault(("activity_weights", "name"), message)


def _category_faults(section: IntentCategorySection, path: KeyPath, interests: dict[str, str]) -> Iterator[KeyFault]:
    for fault in category_faults(category_of(section)):
        yield KeyFault((*path, *fault.path), fault.message)
    for place, name in enumerate(section.solution_interests):
        yield from _unknown(name, interests, (*path, "solution_interests", place), "solution interest")


def _threshold_faults(document: SetupDocument) -> Iterator[KeyFault]:
    if document.intent is None:
        return
    limits = document.intent.thresholds
    if not limits.signal <= limits.medium <= limits.high:
        message = f"must rise: signal {limits.signal}, medium {limits.medium}, high {limits.high}"
        yield KeyFault(("intent", "thresholds"), message)


def _condition_faults(errors: Iterable[ConditionError]) -> Iterator[KeyFault]:
    return (KeyFault(error.path, error.message) for error in errors)


def _unknown(name: str, known: dict[str, str], path: KeyPath, what: str) -> Iterator[KeyFault]:
    if text_key(name) not in known:
        listed = ", ".join(known.values()) or "none yet"
        yield KeyFault(path, f"there is no {what} named {name!r}; there are: {listed}")


def _twice(names: Sequence[str], path: KeyPath, field: str) -> Iterator[KeyFault]:
    seen: set[str] = set()
    for place, name in enumerate(names):
        if text_key(name) in seen:
            yield KeyFault((*path, place, field), f"{name!r} is there already; case does not count")
        seen.add(text_key(name))


def _names(names: Iterable[str]) -> dict[str, str]:
    return {text_key(name): name for name in names}

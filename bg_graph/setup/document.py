"""What a set-up file may hold: its tables and keys, typed. What the tables mean together is checked in `checks`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bg_graph.intent.rules import DEFAULT_SETTINGS, DEFAULT_THRESHOLDS

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ActivityType = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=60)]
Conditions = dict[str, Any]
Probability = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A table of the file. A key that it does not know is an error, and so is a value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, str_strip_whitespace=True)


class RoleSection(Section):
    """A role of the tenant's own, beside the six defaults."""

    name: Name


class TemplateRoleSection(Section):
    """A role definition of a template; its place in the list is its priority."""

    role: Name
    weighting: Literal["TRIVIAL", "MINOR", "NORMAL", "IMPORTANT", "VITAL"] = "NORMAL"
    required: bool = True
    members_required: Annotated[int, Field(ge=1, le=1000)] = 1
    conditions: Conditions | None = None


class TemplateSection(Section):
    """A roles template, published by apply."""

    name: Name
    roles: Annotated[list[TemplateRoleSection], Field(min_length=1)]


class StageSection(Section):
    """A stage of a stage model, and the names of the stages that may come next."""

    name: Name
    entry: bool = False
    destination: Literal["success", "failure"] | None = None
    next: list[Name] = []


class StageModelSection(Section):
    """A stage model, published by apply."""

    name: Name
    stages: Annotated[list[StageSection], Field(min_length=1)]


class SolutionInterestSection(Section):
    """What is being sold, which accounts get a group for it, and which opportunities are about it."""

    name: Name
    description: str | None = None
    roles_template: Name
    stage_model: Name | None = None
    accounts: Conditions | None = None
    opportunities: Conditions | None = None


class ActivityWeightsSection(Section):
    """A weighting model; apply makes it the active one."""

    name: Name
    weights: Annotated[dict[ActivityType, Annotated[int, Field(ge=1, le=1_000_000)]], Field(min_length=1)]


class ThresholdsSection(Section):
    """From which probability a signal exists, is MEDIUM, is HIGH."""

    signal: Probability = DEFAULT_THRESHOLDS.signal
    medium: Probability = DEFAULT_THRESHOLDS.medium
    high: Probability = DEFAULT_THRESHOLDS.high


class IntentSection(Section):
    """How intent is predicted and told."""

    thresholds: ThresholdsSection = ThresholdsSection()
    window_days: Annotated[int, Field(ge=1, le=730)] = DEFAULT_SETTINGS.window_days
    recompute_days: Annotated[int, Field(ge=1, le=7)] = DEFAULT_SETTINGS.recompute_days
    won_stages: list[Name] = []


class IntentProductSection(Section):
    """A product of a category, and the keywords that interest in it shows by."""

    name: Name
    keywords: Annotated[list[Name], Field(min_length=1)]


class IntentCategorySection(Section):
    """A category of the intent taxonomy, approved by apply, and the solution interests that it belongs to."""

    name: Name
    solution_interests: list[Name] = []
    products: Annotated[list[IntentProductSection], Field(min_length=1)]


class SetupDocument(Section):
    """A whole set-up file. What it does not name is left as it is in the tenant."""

    language: Literal["en", "nl", "de"] | None = None
    roles: list[RoleSection] = []
    roles_templates: list[TemplateSection] = []
    stage_models: list[StageModelSection] = []
    solution_interests: list[SolutionInterestSection] = []
    activity_weights: ActivityWeightsSection | None = None
    crm_roles: dict[str, Name] | None = None
    intent: IntentSection | None = None
    intent_categories: list[IntentCategorySection] = []


SECTIONS: Mapping[tuple[str, ...], type[Section]] = {
    (): SetupDocument,
    ("roles",): RoleSection,
    ("roles_templates",): TemplateSection,
    ("roles_templates", "roles"): TemplateRoleSection,
    ("stage_models",): StageModelSection,
    ("stage_models", "stages"): StageSection,
    ("solution_interests",): SolutionInterestSection,
    ("activity_weights",): ActivityWeightsSection,
    ("intent",): IntentSection,
    ("intent", "thresholds"): ThresholdsSection,
    ("intent_categories",): IntentCategorySection,
    ("intent_categories", "products"): IntentProductSection,
}
"""The tables by the keys that lead to them, so that an error can tell which keys are allowed."""

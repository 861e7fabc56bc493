"""Roles and roles templates."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.buying_groups.rules import default_roles
from bg_graph.buying_groups.rules.publication import PublicationStatus
from bg_graph.buying_groups.rules.templates import (
    RoleCode,
    RoleDefinition,
    RolesTemplate,
    TemplateCode,
    Weighting,
    add_role_faults,
    definition_faults,
    delete_role_faults,
    edit_faults,
    publish_faults,
    rename_role_faults,
)

DEFAULT_ROLES = {role.id: role.name for role in default_roles.DEFAULT_ROLES}
DECISION_MAKER, INFLUENCER = default_roles.DECISION_MAKER.id, default_roles.INFLUENCER.id
DRAFT, LIVE = PublicationStatus
CUSTOM, UNKNOWN = UUID(int=101), UUID(int=999)
ROLES = {**DEFAULT_ROLES, CUSTOM: "Legal"}


def codes(faults):
    return [fault.code for fault in faults]


def test_the_five_weightings():
    """Known answers of domain.md, "Words" (weighting)."""
    assert {weighting.name: weighting.value for weighting in Weighting} == {
        "TRIVIAL": 20,
        "MINOR": 40,
        "NORMAL": 60,
        "IMPORTANT": 80,
        "VITAL": 100,
    }


def test_the_six_default_roles():
    """Known answers of domain.md, "Words" (role)."""
    assert list(DEFAULT_ROLES.values()) == [
        "Decision Maker",
        "Influencer",
        "Practitioner",
        "Executive Steering Committee",
        "Champion",
        "Other",
    ]


def test_a_draft_with_a_role_may_go_live():
    template = RolesTemplate(DRAFT, (RoleDefinition(DECISION_MAKER), RoleDefinition(CUSTOM)))
    assert publish_faults(template, frozenset(ROLES)) == ()


def test_a_template_without_a_role_may_not_go_live():
    assert codes(publish_faults(RolesTemplate(DRAFT, ()), frozenset(ROLES))) == [TemplateCode.NO_ROLE]


def test_a_live_template_is_neither_published_again_nor_edited():
    template = RolesTemplate(LIVE, (RoleDefinition(DECISION_MAKER),))
    assert codes(publish_faults(template, frozenset(ROLES))) == [TemplateCode.ALREADY_LIVE]
    assert codes(edit_faults(LIVE)) == [TemplateCode.LIVE_IS_FIXED]
    assert edit_faults(DRAFT) == ()


def test_all_faults_of_the_definitions_are_told_with_their_place():
    definitions = [
        RoleDefinition(DECISION_MAKER),
        RoleDefinition(UNKNOWN),
        RoleDefinition(DECISION_MAKER, members_required=0),
        RoleDefinition(INFLUENCER, members_required=1),
    ]
    assert [(fault.index, fault.code) for fault in definition_faults(definitions, frozenset(ROLES))] == [
        (1, TemplateCode.ROLE_UNKNOWN),
        (2, TemplateCode.ROLE_TWICE),
        (2, TemplateCode.MEMBERS_REQUIRED),
    ]


def test_a_definition_needs_one_member_unless_it_says_more():
    assert RoleDefinition(DECISION_MAKER).members_required == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Procurement", []),
        (" decision MAKER ", [RoleCode.NAME_TAKEN]),
        ("legal", [RoleCode.NAME_TAKEN]),
        (" ", [RoleCode.NAME_MISSING]),
    ],
)
def test_names_of_roles_are_unique_without_regard_to_case(name, expected):
    assert codes(add_role_faults(name, ROLES)) == expected


def test_a_tenant_has_at_most_twenty_roles():
    nineteen = {**DEFAULT_ROLES, **{UUID(int=number): f"Role {number}" for number in range(100, 113)}}
    assert add_role_faults("Procurement", nineteen) == ()
    twenty = {**nineteen, UUID(int=200): "Role 200"}
    assert codes(add_role_faults("Procurement", twenty)) == [RoleCode.TOO_MANY_ROLES]
    assert codes(add_role_faults("Champion", twenty)) == [RoleCode.NAME_TAKEN, RoleCode.TOO_MANY_ROLES]


@pytest.mark.parametrize("role", DEFAULT_ROLES)
def test_the_default_roles_are_neither_renamed_nor_deleted(role):
    assert codes(rename_role_faults(role, "Somebody", ROLES)) == [RoleCode.DEFAULT_IS_FIXED]
    assert codes(delete_role_faults(role)) == [RoleCode.DEFAULT_IS_FIXED]


def test_a_custom_role_is_renamed_and_deleted():
    assert rename_role_faults(CUSTOM, "LEGAL", ROLES) == ()
    assert codes(rename_role_faults(CUSTOM, "Other", ROLES)) == [RoleCode.NAME_TAKEN]
    assert delete_role_faults(CUSTOM) == ()


definitions = st.lists(
    st.builds(
        RoleDefinition,
        st.sampled_from([*DEFAULT_ROLES, UNKNOWN]),
        st.sampled_from(Weighting),
        members_required=st.integers(-1, 3),
    ),
    max_size=6,
)


@given(definitions)
def test_what_may_go_live_keeps_every_rule_of_a_template(listed):
    if publish_faults(RolesTemplate(DRAFT, tuple(listed)), frozenset(DEFAULT_ROLES)):
        return
    roles = [definition.role_id for definition in listed]
    assert roles
    assert len(set(roles)) == len(roles)
    assert set(roles) <= DEFAULT_ROLES.keys()
    assert all(definition.members_required >= 1 for definition in listed)

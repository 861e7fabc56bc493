"""What changes are about, for whoever is told of them: the topic of each kind, and its subject's id in the API."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from bg_graph.buying_groups.commands.acts import ChangeKind
from bg_graph.execution.node_ids import node_id
from bg_graph.plugins.changes import ChangeTopic
from bg_graph.plugins.email import EventKind

_SETUP: Mapping[str, str | None] = MappingProxyType(
    {
        "CATEGORY_APPROVED": None,
        "CATEGORY_DRAFTED": None,
        "CRM_ROLES_MAPPED": None,
        "EMAIL_APPROVED": "eml",
        "EMAIL_IMPORTED": "eml",
        "EMAIL_WITHDRAWN": "eml",
        "INTENT_SET": None,
        "LANGUAGE_CHOSEN": None,
        "ROLE_ADDED": "rol",
        "SOLUTION_INTEREST_ADDED": "sin",
        "SOLUTION_INTEREST_CHANGED": "sin",
        "STAGE_MODEL_CREATED": "stm",
        "STAGE_MODEL_EDITED": "stm",
        "STAGE_MODEL_PUBLISHED": "stm",
        "TEMPLATE_CREATED": "tpl",
        "TEMPLATE_EDITED": "tpl",
        "TEMPLATE_PUBLISHED": "tpl",
        "WEIGHTS_SET": None,
    }
)
"""Changes of the set-up, with the prefix of their subject's id; None where the API has no such object."""

KINDS: Mapping[str, tuple[ChangeTopic, str | None]] = MappingProxyType(
    {
        **{kind.value: (ChangeTopic.GROUP, "grp") for kind in ChangeKind},
        **{kind: (ChangeTopic.SETUP, prefix) for kind, prefix in _SETUP.items()},
        **dict.fromkeys(("SEND_REQUESTED", "SEND_CANCELLED", "DELIVERY_RESOLVED"), (ChangeTopic.SEND, "snd")),
        **dict.fromkeys(("SENT", "FAILED", *(each.value for each in EventKind)), (ChangeTopic.DELIVERY, "dlv")),
        "SCORED": (ChangeTopic.SCORES, None),
    }
)
"""Every kind of change that is written."""


def about(kind: str, subject_id: UUID | None) -> tuple[ChangeTopic, str | None]:
    """What a change of a kind is about: its topic, and the id of its subject."""
    topic, prefix = KINDS.get(kind, (ChangeTopic.SETUP, None))
    return topic, None if prefix is None or subject_id is None else node_id(prefix, subject_id)

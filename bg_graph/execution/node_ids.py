"""Opaque ids of nodes: the type's prefix and the row's key. A wrong one is no error: nothing is found by it."""

import re
from uuid import UUID

_NODE_ID = re.compile(r"([a-z]+)_([0-9a-f]{32})")


def node_id(prefix: str, key: UUID) -> str:
    """The opaque id of a row."""
    return f"{prefix}_{key.hex}"


def parse_node_id(given: str) -> tuple[str, UUID] | None:
    """Prefix and key in an opaque id; None where it is not one of ours."""
    found = _NODE_ID.fullmatch(given)
    return None if found is None else (found[1], UUID(hex=found[2]))


def key_in(given: str, prefix: str) -> UUID | None:
    """The row's key in an id of the type with this prefix; None for any other text."""
    found = parse_node_id(given)
    return found[1] if found is not None and found[0] == prefix else None

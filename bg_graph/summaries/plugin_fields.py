"""Fields that plugins add to types of the schema: their functions are given the facts of a level's objects at once.

A field is there only in the schema that is built with it: nothing of a plugin stays in our types.
"""

import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Column
from sqlmodel import SQLModel
from strawberry.utils.str_converters import to_camel_case

from bg_graph.accounts.graphql import Account, Person
from bg_graph.accounts.tables import AccountRow, PersonRow
from bg_graph.buying_groups.graphql.groups import BuyingGroup
from bg_graph.buying_groups.graphql.members import Member
from bg_graph.buying_groups.tables import BuyingGroupRow, MemberRow
from bg_graph.execution.records import Record
from bg_graph.graph.errors import Coded, ErrorCode
from bg_graph.graph.types import batch, field_of
from bg_graph.hosting.hooks.registering import Registered
from bg_graph.hosting.hooks.running import Running
from bg_graph.plugins.errors import ProviderError, Unavailable
from bg_graph.plugins.hooks import FieldOwner, FieldRequest, FieldReturns, FieldSpec
from bg_graph.plugins.summaries import SubjectKind
from bg_graph.store.connection import table_of
from bg_graph.summaries.facts.gathering import gather
from bg_graph.tenancy.graphql import Info

DEADLINE = 5.0
"""Seconds that a plugin has for a field of all objects of a level."""
_OWNERS: Mapping[FieldOwner, tuple[type, type[SQLModel], SubjectKind]] = MappingProxyType(
    {
        FieldOwner.BUYING_GROUP: (BuyingGroup, BuyingGroupRow, SubjectKind.GROUP),
        FieldOwner.ACCOUNT: (Account, AccountRow, SubjectKind.ACCOUNT),
        FieldOwner.PERSON: (Person, PersonRow, SubjectKind.PERSON),
        FieldOwner.MEMBER: (Member, MemberRow, SubjectKind.MEMBER),
    }
)
_RETURNS: Mapping[FieldReturns, Any] = MappingProxyType(
    {
        FieldReturns.STRING: str | None,
        FieldReturns.INT: int | None,
        FieldReturns.FLOAT: float | None,
        FieldReturns.BOOLEAN: bool | None,
        FieldReturns.STRINGS: list[str] | None,
        FieldReturns.INTS: list[int] | None,
        FieldReturns.FLOATS: list[float] | None,
    }
)
_BUILDING = threading.Lock()
log = structlog.get_logger(__name__)

Answers = list[Any]


def field_faults(registered: Sequence[Registered]) -> dict[str, str]:
    """By plugin, why its fields can't be added: a name is taken, by us or by a plugin before it."""
    taken = {(owner, name): "the product" for owner, (shown, _, _) in _OWNERS.items() for name in _names_of(shown)}
    faults: dict[str, str] = {}
    for plugin in registered:
        for spec in plugin.fields:
            holder = taken.setdefault((spec.type, spec.name), plugin.name)
            if holder != plugin.name or sum(_same(spec, each) for each in plugin.fields) > 1:
                whose = "the plugin itself" if holder == plugin.name else holder
                faults[plugin.name] = (
                    f"The fields of the plugin {plugin.name} are left out: {spec.type} has a field {spec.name} already, "
                    f"of {whose}. A plugin changes nothing that exists; give the field another name."
                )
    return faults


@contextmanager
def with_plugin_fields(registered: Sequence[Registered]) -> Iterator[None]:
    """Our types have the plugins' fields for as long as the `with` lasts: build the schema inside. One at a time.

    The fields of a plugin that has a fault (`field_faults`) are left out.
    """
    with _BUILDING:
        faults = field_faults(registered)
        before = {shown: list(_definitions(shown)) for shown, _, _ in _OWNERS.values()}
        for name, why in faults.items():
            log.error("fields of a plugin can't be added", plugin=name, why=why)
        try:
            for plugin in registered:
                if plugin.name not in faults:
                    for spec in plugin.fields:
                        _add(plugin.running, spec)
            yield
        finally:
            for shown, fields in before.items():
                _definitions(shown)[:] = fields


def _add(running: Running, spec: FieldSpec) -> None:
    shown, row, kind = _OWNERS[FieldOwner(spec.type)]
    key: Column[Any] = table_of(row).c.id
    described = f"{spec.description.strip()} Of the plugin `{running.plugin.name}`; null with an error if that fails."
    field_of(
        shown,
        spec.name,
        _RETURNS[FieldReturns(spec.returns)],
        batch(_function(running, spec, kind, key), (key,), described),
    )


def _function(
    running: Running, spec: FieldSpec, kind: SubjectKind, key: Column[Any]
) -> Callable[[list[Record], Info], Awaitable[Answers]]:
    async def values(parents: list[Record], info: Info) -> Answers:
        ids: list[UUID] = [parent[key] for parent in parents]
        gathered = await gather(await info.context.db(), kind, ids, info.context.now)
        subjects = tuple(each.subject for each in gathered.values())
        request = FieldRequest(tenant=info.context.caller.tenant_name, subjects=subjects, deadline=DEADLINE)
        try:
            answers = await running.compute(spec, request) if subjects else []
        except ProviderError as fault:
            return [_coded(running.plugin.name, fault)] * len(ids)
        found = dict(zip(gathered, answers, strict=True))
        return [found.get(each) for each in ids]

    return values


def _coded(plugin: str, fault: ProviderError) -> Coded:
    code = ErrorCode.PROVIDER_UNAVAILABLE if isinstance(fault, Unavailable) else ErrorCode.PLUGIN_ERROR
    return Coded(code, f"The plugin {plugin} could not tell: {fault}. The rest of the answer is not affected.")


def _same(one: FieldSpec, other: FieldSpec) -> bool:
    return (one.type, one.name) == (other.type, other.name)


def _definitions(shown: type) -> list[Any]:
    definition: Any = vars(shown)["__strawberry_definition__"]
    fields: list[Any] = definition.fields
    return fields


def _names_of(shown: type) -> Iterator[str]:
    """Names of a type's fields as they are in the schema."""
    for field in _definitions(shown):
        yield field.graphql_name or to_camel_case(field.python_name)

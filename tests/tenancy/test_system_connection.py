"""What may look across tenants is listed here, by function, so that nobody adds to it unseen."""

import ast
from collections.abc import Iterator
from pathlib import Path

import bg_graph.store

PACKAGE = Path(bg_graph.store.__file__).parent.parent

ALLOWED = {
    "tenancy/commands.py create_tenant": "a tenant that is being made owns nothing yet",
    "tenancy/reads.py list_tenants": "tenants themselves have no tenant",
    "tenancy/reads.py authenticate": "the token tells which tenant it is",
    "email/commands/events.py _locate": "a provider's report names a delivery, or a message, but no tenant",
    "email/commands/events.py may_unsubscribe": "an unsubscribe link names a delivery by a secret, but no tenant",
    "email/commands/events.py unsubscribe": "an unsubscribe link names a delivery by a secret, but no tenant",
    "email/dispatch/claiming.py claim": "the queue of a provider is one for all tenants",
    "email/dispatch/claiming.py release": "a worker gives back what it claimed, of whichever tenant",
    "email/dispatch/measures.py waiting": "whoever runs the product sees how long the queue is, of all tenants together",
    "email/dispatch/recovery.py _found": "a worker that died leaves deliveries of any tenant behind",
    "email/dispatch/pace.py": "a provider's pace belongs to no tenant",
    "hosting/hooks/backlog.py seen": "whoever tells listeners knows who listens, in all tenants",
    "hosting/hooks/backlog.py waiting": "whoever tells listeners looks for work of all tenants",
    "email/dispatch/claiming.py rest": "a provider's pace belongs to no tenant",
}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def uses_the_system_connection(function: ast.AST) -> bool:
    return (
        any(isinstance(node, ast.Attribute) and node.attr == "system" for node in ast.walk(function))
        or any(
            # Called: the provider's own words of a report are its `raw` too.
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "raw"
            for node in ast.walk(function)
        )
        or any(
            isinstance(node, ast.Name) and node.id == "SystemConnection" and isinstance(node.ctx, ast.Load)
            for node in ast.walk(function)
        )
    )


def places() -> set[str]:
    return {
        f"{path.relative_to(PACKAGE).as_posix()} {function.name}"
        for path in PACKAGE.rglob("*.py")
        for function in functions(ast.parse(path.read_text(encoding="utf-8")))
        if uses_the_system_connection(function)
        if path.parent.name != "store"
    }


def test_only_the_listed_functions_look_across_tenants() -> None:
    unlisted = {place for place in places() if not place.startswith(tuple(ALLOWED))}
    assert unlisted == set(), "each needs a reason in ALLOWED"


def test_the_list_names_only_what_there_is() -> None:
    present = places()
    assert [name for name in ALLOWED if not any(place.startswith(name) for place in present)] == []

"""A plan as plain text, for the terminal and for logs."""

from collections.abc import Iterator

from bg_graph.setup.plan import Action, SetupPlan

_SIGNS = {Action.ADDED: "+", Action.CHANGED: "~", Action.UNCHANGED: "=", Action.REFUSED: "!"}


def render_plan(plan: SetupPlan) -> str:
    """What is added, changed, left and refused, with the counts, and what comes of it."""
    return "\n".join([*_entry_lines(plan), _counts(plan), _verdict(plan)])


def _entry_lines(plan: SetupPlan) -> Iterator[str]:
    for entry in plan.entries:
        at = f" ({plan.path.name}:{entry.line})" if entry.action is Action.REFUSED else ""
        yield f"{_SIGNS[entry.action]} {entry.action:<9}  {entry.thing} {entry.name}{at}"
        yield from (f"               {detail}" for detail in entry.details)


def _counts(plan: SetupPlan) -> str:
    return ", ".join(f"{len(plan.of(action))} {action}" for action in Action)


def _verdict(plan: SetupPlan) -> str:
    if plan.refused:
        return "Nothing was applied: mend what is refused and apply again."
    if not plan.applied:
        return "This is a plan; nothing was applied."
    changed = plan.of(Action.ADDED) or plan.of(Action.CHANGED)
    return "Applied." if changed else "Applied; nothing had to change."

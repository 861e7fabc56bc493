"""What third parties import brings nothing of the server with it, and crosses to another process."""

import pickle
import subprocess
import sys

import pytest

from bg_graph.plugins.summaries import Fact, FactKind, Model, Statement, Subject, SubjectKind, Summary, SummaryRequest

LOADED = """
import sys
import {module}
print(*sorted(name for name in sys.modules if name.startswith("bg_graph") or name in {heavy}))
"""
HEAVY = ("strawberry", "sqlalchemy", "starlette", "graphql", "structlog")


def loaded_by(module: str) -> set[str]:
    code = LOADED.format(module=module, heavy=HEAVY)
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize("name", ["summaries", "plugin", "intent", "email", "context", "errors", "importing"])
def test_the_contract_stands_alone(name: str) -> None:
    others = {each for each in loaded_by(f"bg_graph.plugins.{name}") if not each.startswith("bg_graph.plugins.")}
    assert others == {"bg_graph", "bg_graph.plugins"}


def test_requests_and_answers_cross_processes() -> None:
    fact = Fact(key="group", kind=FactKind.GROUP, name="Acme", values={"member_count": 2, "account": None})
    request = SummaryRequest(tenant="acme", subjects=(Subject(kind=SubjectKind.GROUP, key="a", facts=(fact,)),))
    summary = Summary(text=(Statement(text="2 members.", facts=("group",)),), model=Model(name="m", version="1"))
    assert pickle.loads(pickle.dumps(request)) == request
    assert pickle.loads(pickle.dumps(summary)) == summary


def test_a_value_that_is_not_known_is_none() -> None:
    fact = Fact(key="group", kind=FactKind.GROUP, values={"count": 0, "account": None, "name": "Acme"})
    assert (fact.number("count"), fact.number("account"), fact.number("name"), fact.number("else")) == (
        0,
        None,
        None,
        None,
    )
    assert (fact.text("name"), fact.text("account"), fact.text("count")) == ("Acme", None, None)

"""How groups are named."""

from bg_graph.buying_groups.rules.naming import group_name


def test_a_group_is_named_after_its_interest_and_account():
    """domain.md, "Words" (buying group)."""
    assert group_name("Data Platform ", " Acme Corp") == "Data Platform for Acme Corp"

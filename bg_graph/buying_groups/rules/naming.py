"""How a buying group's name is made; it is never typed."""


def group_name(solution_interest: str, account: str) -> str:
    """The name of the group of this account for this interest. Source: domain.md, "Words" (buying group)."""
    return f"{solution_interest.strip()} for {account.strip()}"

"""Reading the documents that ship with the product."""

from importlib.resources import files

OVERVIEW, MEMBERS, GROUPS = "overview", "members", "groups"


def document(name: str) -> str:
    """The text of a shipped document: OVERVIEW, MEMBERS or GROUPS."""
    return files(__package__).joinpath(f"{name}.graphql").read_text(encoding="utf-8")

"""The vocabulary of merge fields: what a template may say of a person, and what is put in its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

LONGEST_VALUE = 500
"""Characters of a value that a message shows: whatever a CRM holds, a message keeps its size."""


@dataclass(frozen=True, slots=True)
class MergeField:
    """Something that a template may say in braces."""

    name: str
    """As it is written, such as `person.first_name`."""
    meaning: str
    sample: str
    """What a preview without a person shows."""
    always_known: bool = False
    """Every recipient has it. Of another field a template says what stands in its place."""


FIELDS: Mapping[str, MergeField] = MappingProxyType(
    {
        field.name: field
        for field in (
            MergeField("person.first_name", "First name.", "Ada"),
            MergeField("person.last_name", "Last name.", "Example", always_known=True),
            MergeField("person.name", "Full name.", "Ada Example", always_known=True),
            MergeField("person.job_title", "Job title.", "Head of IT"),
            MergeField("person.email", "E-mail address.", "ada@example.com"),
            MergeField("account.name", "Name of the group's account.", "Example Ltd", always_known=True),
            MergeField("group.name", "Name of the buying group.", "CRM for Example Ltd", always_known=True),
            MergeField("solution_interest.name", "What the group is to buy.", "CRM", always_known=True),
            MergeField("role.name", "The person's role in the group.", "Decision Maker"),
            MergeField("sender.name", "Name in `sender` of the e-mail.", "Maria Rossi", always_known=True),
            MergeField("sender.email", "Address in `sender` of the e-mail.", "maria@example.com", always_known=True),
            MergeField(
                "unsubscribe_url",
                "Link by which this person ends e-mails.",
                "https://example.invalid/",
                always_known=True,
            ),
        )
    }
)
"""Every merge field there is, by name."""

SENDER_FIELDS = frozenset({"sender.name", "sender.email"})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person, an account and so on: values by the part of a field's name after the dot."""

    of: str
    values: Mapping[str, str]


Tree = Mapping[str, str | Known]
"""Values as a template is given them, by the part of a field's name before the dot."""


def unknown_field(name: str) -> str:
    """What is wrong with a name that is no merge field, with the nearest that is one."""
    inside = [field for field in FIELDS if field.startswith(f"{name}.")]
    if inside:
        return f"`{name}` holds several merge fields: {', '.join(inside)}"
    close = get_close_matches(name, FIELDS, n=1, cutoff=0.5)
    meant = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(FIELDS)}"
    return f"`{name}` is no merge field; {meant}"


def tree_of(values: Mapping[str, str | None]) -> Tree:
    """The values as a template is given them. A value is one line of bounded length; an empty one is as unknown as none.

    Raises KeyError for a name that is no merge field.
    """
    shown = {FIELDS[name].name: one_line(value or "")[:LONGEST_VALUE] for name, value in values.items()}
    tree: dict[str, str | Known] = {name: value for name, value in shown.items() if value and "." not in name}
    for above in {name.partition(".")[0] for name in FIELDS if "." in name}:
        inside = {
            name.removeprefix(f"{above}."): value for name, value in shown.items() if name.startswith(f"{above}.")
        }
        tree[above] = Known(above, {name: value for name, value in inside.items() if value})
    return tree


def one_line(text: str) -> str:
    """The text with every character that breaks or controls a line, and every run of blanks, as one blank."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def samples() -> dict[str, str | None]:
    """A value for each field, for a preview without a person."""
    return {name: field.sample for name, field in FIELDS.items()}

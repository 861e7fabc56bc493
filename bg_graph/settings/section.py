"""What a section of the settings is, and how one setting in it is declared."""

from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def items(value: object) -> object:
    """A list in one text, as the environment gives it."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


Texts = BeforeValidator(items)
"""Of a list: it may come as one text."""


def setting(default: object, description: str, *, allowed: str | None = None, **limits: Any) -> Any:
    """A setting; `allowed` says in words what its type alone does not say."""
    return Field(
        default, description=description, json_schema_extra={"allowed": allowed} if allowed else None, **limits
    )


class Section(BaseModel):
    """Settings that belong together: a table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

"""The settings of the plugin: where the endpoint is, what is asked of it, and what may be spent."""

from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


class Form(StrEnum):
    """How the endpoint is told to answer in JSON."""

    JSON_SCHEMA = "json_schema"
    """By a schema that the answer must fit."""
    JSON_OBJECT = "json_object"
    """By asking for JSON."""
    TEXT = "text"
    """By words alone: the JSON is looked for in the text."""


class OpenAISettings(BaseModel):
    """Where the endpoint is, what is asked of it, and what may be spent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = Field(description="Where the API begins, such as http://127.0.0.1:8080/v1.", min_length=1)
    model: str = Field(description="The model's name at the endpoint.", min_length=1, max_length=200)
    api_key: SecretStr | None = Field(None, description="Key of the endpoint; none where it asks for none.")
    structured: Literal["auto"] | Form = Field(
        "auto", description="How JSON is asked for; auto tries json_schema, json_object and text, and remembers."
    )
    stream: bool = Field(False, description="Take the answer piece by piece.")
    temperature: Annotated[float, Field(ge=0, le=2)] | Literal["default"] = Field(
        0.2, description="How freely the model writes; default leaves it out, for models that take no such setting."
    )
    max_tokens: int = Field(900, ge=50, le=16_000, description="The most tokens of one answer.")
    max_tokens_name: Literal["max_tokens", "max_completion_tokens"] = Field(
        "max_tokens",
        description="By which name the endpoint takes that limit; newer hosted models take the second one.",
    )
    timeout: float = Field(20.0, gt=0, le=600, description="Seconds for one answer of the model.")
    connect_timeout: float = Field(3.0, gt=0, le=60, description="Seconds to reach the endpoint.")
    attempts: int = Field(2, ge=1, le=5, description="How often one question is asked where the endpoint fails.")
    concurrency: int = Field(4, ge=1, le=64, description="Questions under way at a time.")
    max_tokens_per_day: int | None = Field(
        None, ge=1, description="The most tokens, in and out, for a tenant and day (UTC); none for no limit."
    )
    max_money_per_day: float | None = Field(
        None, gt=0, description="The most money for a tenant and day (UTC), in the currency of the prices."
    )
    price_in: float | None = Field(None, ge=0, description="Price of a million tokens that the model reads.")
    price_out: float | None = Field(None, ge=0, description="Price of a million tokens that the model writes.")

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address that begins with http:// or https://")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must hold neither credentials nor ? nor #: the key belongs into api_key")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _has_prices(self) -> "OpenAISettings":
        if self.max_money_per_day is not None and (self.price_in is None or self.price_out is None):
            raise ValueError("max_money_per_day needs price_in and price_out")
        return self

    @property
    def is_limited(self) -> bool:
        """Whether a tenant's spending is limited."""
        return self.max_tokens_per_day is not None or self.max_money_per_day is not None

    def price_of(self, tokens_in: int, tokens_out: int) -> float:
        """What so many tokens cost; nothing where no prices are set."""
        return (tokens_in * (self.price_in or 0) + tokens_out * (self.price_out or 0)) / 1_000_000

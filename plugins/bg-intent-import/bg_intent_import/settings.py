"""Settings of the import: which columns and topics mean what, and how likely an interest each score says."""

import itertools
from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

PARTS = ">"
"""Between category, product and keyword of a term."""
WORDS = {"high": 0.85, "medium": 0.6, "low": 0.35, "strong": 0.85, "moderate": 0.6, "weak": 0.35}


def term_path(text: str) -> tuple[str, ...]:
    """Category, product and keyword of a term as it is written: `Security > Firewall > zero trust`."""
    return tuple(" ".join(part.split()) for part in text.split(PARTS))


def _checked_term(text: str) -> str:
    parts = term_path(text)
    if not 1 <= len(parts) <= 3 or not all(parts):
        raise ValueError(
            f"write a term as Category, Category {PARTS} Product or Category {PARTS} Product {PARTS} keyword"
        )
    return text


TermText = Annotated[str, AfterValidator(_checked_term)]


class Columns(BaseModel):
    """What the columns of the files are called, where they are not recognised by themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: str | None = Field(None, description="The company's domain or website.")
    name: str | None = Field(None, description="The company's name.")
    topic: str | None = Field(None, description="The topic or keyword.")
    score: str | None = Field(None, description="The score of the company for the topic, a number or a word.")
    date: str | None = Field(None, description="The day or week that the score is of.")


class ImportSettings(BaseModel):
    """Settings of `intent-import`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topics: dict[str, TermText | list[TermText]] = Field(
        default_factory=dict,
        description="Term of the taxonomy that a topic stands for, such as `Security > Firewall > zero trust`, or several.",
    )
    same_name: bool = Field(
        True, description="Whether a topic that is not listed stands for the keyword, product or category of its name."
    )
    skip_unmapped: bool = Field(
        False, description="Whether topics that stand for nothing are left out, told with their number, not rejected."
    )
    columns: Columns = Field(
        default_factory=Columns, description="Names of the columns, where they are not recognised."
    )
    sheet: str | None = Field(None, description="Sheet of a workbook; without it the first one with a header.")
    separator: str | None = Field(None, description="What stands between several topics in one cell.")
    scale: list[tuple[float, float]] = Field(
        [(0.0, 0.0), (100.0, 1.0)],
        description="Points (score, probability from 0 to 1), both rising; between them it is a straight line.",
    )
    words: dict[str, float] = Field(
        default_factory=lambda: dict(WORDS), description="Probability of each word that stands in place of a score."
    )
    day_first: bool = Field(
        False, description="Whether 03/11/2026 is the third of November, not the eleventh of March."
    )
    period: date | None = Field(
        None, description="Day of the scores of files without a date; else when the file was made."
    )
    vendor: str = Field("third-party topics", min_length=1, description="Whose scores these are: shown as the model.")

    @model_validator(mode="after")
    def _judged(self) -> Self:
        scores, probabilities = zip(*self.scale, strict=True) if self.scale else ((), ())
        rises = all(low < high for low, high in itertools.pairwise(scores))
        if len(scores) < 2 or not rises or list(probabilities) != sorted(probabilities):
            raise ValueError("scale needs two points at least, with rising scores and probabilities that do not fall")
        if not all(0 <= each <= 1 for each in (*probabilities, *self.words.values())):
            raise ValueError("the probabilities of scale and words lie between 0 and 1")
        return self

"""The settings of the plugin `activities`."""

from pydantic import BaseModel, ConfigDict, Field, field_validator
from snowballstemmer import algorithms

WEIGHTS = (
    ("UNSUBSCRIBE", 0.0), ("BOUNCE", 0.0), ("DELIVER", 0.0), ("SEND", 0.0), ("SENT", 0.0), ("OPEN", 0.3), ("ATTEND", 2.5),
    ("REGISTER", 2.0), ("WEBINAR", 2.0), ("EVENT", 2.0), ("FORM", 2.0), ("DOWNLOAD", 2.0), ("MOMENT", 2.0), ("PROGRAM", 1.5),
)  # fmt: skip
"""What an activity weighs by a word in its kind, the first that fits; 1 otherwise. Ours: the more effort, the more it says."""


class ActivitiesSettings(BaseModel):
    """How activities are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str = Field("english", description="Language of taxonomy and contents, for stems of words.")
    kind_weights: dict[str, float] = Field(
        default_factory=dict,
        description="What an activity of a kind weighs, by the kind's name, 0 (says nothing) to 10; kinds that are not "
        "named weigh by how much effort they took.",
    )
    evidence: int = Field(5, ge=1, le=50, description="Activities that are told with a prediction, at most.")

    @field_validator("language")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in algorithms():
            raise ValueError(f"there are no stems for {value!r}; known: {', '.join(sorted(algorithms()))}")
        return value

    @field_validator("kind_weights")
    @classmethod
    def _fitting(cls, value: dict[str, float]) -> dict[str, float]:
        for kind, weight in value.items():
            if not 0 <= weight <= 10:
                raise ValueError(f"the weight of {kind} is {weight}; it must be from 0 to 10")
        return value

    def weight(self, kind: str) -> float:
        """What an activity of a kind weighs."""
        if kind in self.kind_weights:
            return self.kind_weights[kind]
        return next((weight for word, weight in WEIGHTS if word in kind.upper()), 1.0)

"""What the outbox needs to know."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bg_graph.plugins.mime.addresses import usable_sender

USUAL_SENDER = "bg-graph <outbox@bg-graph.invalid>"
"""From whom messages come where no sender is set; `.invalid` reaches nobody, ever."""


class OutboxSettings(BaseModel):
    """The outbox: sends nothing, keeps each message as a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path = Field(
        Path("outbox"),
        description="Where the messages lie: a folder for each tenant, in it a file for each; made where it is missing.",
    )
    sender: Annotated[str, AfterValidator(usable_sender)] = Field(
        USUAL_SENDER, description="From whom e-mails come that name no sender of their own."
    )

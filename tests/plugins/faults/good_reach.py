"""What the good writer and the good model share: how they reach their far system, and how they tell of it."""

from pydantic import BaseModel, Field, SecretStr

from bg_graph.plugins.context import ProviderContext
from bg_graph.plugins.errors import Misconfigured, Unavailable
from bg_graph.plugins.health import Health

API_KEY = "the-key-of-the-exam"
SLOW = 10.0


class ReachSettings(BaseModel):
    """How the model is reached."""

    url: str = Field(description="Where the model is")
    api_key: SecretStr = Field(description="Key of the model")


class GoodReach:
    """Has a far system: `nowhere` can't be reached, and another key is not taken."""

    def __init__(self, settings: ReachSettings, context: ProviderContext) -> None:
        self.settings = settings
        self.context = context

    def model(self) -> None:
        if self.settings.url == "nowhere":
            raise Unavailable("the model can't be reached")
        if self.settings.api_key.get_secret_value() != API_KEY:
            raise Misconfigured("the model does not take our key")

    async def check(self) -> Health:
        try:
            self.model()
        except Unavailable as fault:
            return Health(healthy=False, message=str(fault))
        return Health(healthy=True)

    async def close(self) -> None:
        return

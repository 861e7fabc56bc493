"""Faults in how a provider is built, tells of its system and is closed: the same for a writer and a model."""

import time
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field, SecretStr

from bg_graph.plugins.errors import Misconfigured, Unavailable
from bg_graph.plugins.health import Health
from tests.plugins.faults.good_intent import GoodModel
from tests.plugins.faults.good_reach import GoodReach, ReachSettings
from tests.plugins.faults.good_summary import GoodWriter


class WrongKeyIsDown(GoodReach):
    async def check(self) -> Health:
        try:
            return await super().check()
        except Misconfigured as fault:
            return Health(healthy=False, message=str(fault))


class NeverHealthy(GoodReach):
    async def check(self) -> Health:
        await super().check()
        return Health(healthy=False, message="I don't know")


class ClosesOnce(GoodReach):
    closed = False

    async def close(self) -> None:
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True


class SharesAPool(GoodReach):
    """Its connections belong to the class: whoever closes, closes for all."""

    pool: dict[str, bool] = {}

    def __init__(self, settings: ReachSettings, context: Any) -> None:
        super().__init__(settings, context)
        self.pool["open"] = True

    def model(self) -> None:
        if not self.pool["open"]:
            raise Unavailable("the pool is closed")
        super().model()

    async def close(self) -> None:
        self.pool["open"] = False


class SlowToBuild(GoodReach):
    def __init__(self, settings: ReachSettings, context: Any) -> None:
        time.sleep(0.05)
        super().__init__(settings, context)


class NamesNothingThatIsMissing(GoodReach):
    def __init__(self, settings: ReachSettings, context: Any) -> None:
        if not settings.api_key.get_secret_value():
            raise KeyError("x")
        super().__init__(settings, context)


class NotDescribed(BaseModel):
    url: str
    api_key: SecretStr = Field(description="Key of the model")


class SecretInTheOpen(BaseModel):
    url: str = Field(description="Where the model is")
    api_key: str = Field(description="Key of the model")


class MissingIsAKeyError(BaseModel):
    url: str = Field(description="Where the model is")
    api_key: SecretStr = Field(default=SecretStr(""), description="Key of the model")


class WriterWhoseWrongKeyIsDown(WrongKeyIsDown, GoodWriter):
    pass


class WriterNeverHealthy(NeverHealthy, GoodWriter):
    pass


class WriterThatClosesOnce(ClosesOnce, GoodWriter):
    pass


class WriterThatSharesAPool(SharesAPool, GoodWriter):
    pass


class WriterSlowToBuild(SlowToBuild, GoodWriter):
    pass


class WriterThatNamesNothingMissing(NamesNothingThatIsMissing, GoodWriter):
    pass


class WriterWithSettingsNotDescribed(GoodWriter):
    pass


class WriterForTheNextContract(GoodWriter):
    pass


class ModelWhoseWrongKeyIsDown(WrongKeyIsDown, GoodModel):
    pass


class ModelNeverHealthy(NeverHealthy, GoodModel):
    pass


class ModelThatClosesOnce(ClosesOnce, GoodModel):
    pass


class ModelThatSharesAPool(SharesAPool, GoodModel):
    pass


class ModelSlowToBuild(SlowToBuild, GoodModel):
    pass


class ModelThatNamesNothingMissing(NamesNothingThatIsMissing, GoodModel):
    pass


class ModelWithASecretInTheOpen(GoodModel):
    pass


class ModelForTheNextContract(GoodModel):
    pass


def _inner(provider: type[GoodReach]) -> Any:
    return type("NotKnownByName", (provider,), {})


WriterNotKnownByName = _inner(GoodWriter)
ModelNotKnownByName = _inner(GoodModel)

Seeded = tuple[Any, str, str, Mapping[str, Any]]
"""Provider, the check that has to catch it, part of the reason, what else is different of the plugin or the exam."""

OF_WRITERS: list[Seeded] = [
    (WriterWhoseWrongKeyIsDown, "check_tells_wrong_settings", "down", {}),
    (WriterNeverHealthy, "check_tells_that_it_works", "does not work", {}),
    (WriterThatClosesOnce, "it_can_be_closed_twice_and_unused", "second close", {}),
    (WriterThatSharesAPool, "closing_one_leaves_another_working", "pool is closed", {}),
    (WriterSlowToBuild, "it_is_built_at_once", "factory took", {"given": {"quick": 0.03}}),
    (
        WriterThatNamesNothingMissing,
        "each_missing_setting_is_named",
        "api_key",
        {"plugin": {"settings": MissingIsAKeyError}},
    ),
    (
        WriterWithSettingsNotDescribed,
        "its_settings_are_described_and_keep_secrets",
        "no description",
        {"plugin": {"settings": NotDescribed}},
    ),
    (
        WriterForTheNextContract,
        "it_is_named_and_made_for_this_contract",
        "contract 2.0",
        {"plugin": {"api": (2, 0)}},
    ),
    (WriterNotKnownByName, "it_can_be_built_in_another_process", "top of a module", {}),
]
OF_MODELS: list[Seeded] = [
    (ModelWhoseWrongKeyIsDown, "check_tells_wrong_settings", "down", {}),
    (ModelNeverHealthy, "check_tells_that_it_works", "does not work", {}),
    (ModelThatClosesOnce, "it_can_be_closed_twice_and_unused", "second close", {}),
    (ModelThatSharesAPool, "closing_one_leaves_another_working", "pool is closed", {}),
    (ModelSlowToBuild, "it_is_built_at_once", "factory took", {"given": {"quick": 0.03}}),
    (
        ModelThatNamesNothingMissing,
        "each_missing_setting_is_named",
        "api_key",
        {"plugin": {"settings": MissingIsAKeyError}},
    ),
    (
        ModelWithASecretInTheOpen,
        "its_settings_are_described_and_keep_secrets",
        "no SecretStr",
        {"plugin": {"settings": SecretInTheOpen}},
    ),
    (
        ModelForTheNextContract,
        "it_is_named_and_made_for_this_contract",
        "contract 2.0",
        {"plugin": {"api": (2, 0)}},
    ),
    (ModelNotKnownByName, "it_can_be_built_in_another_process", "top of a module", {}),
]

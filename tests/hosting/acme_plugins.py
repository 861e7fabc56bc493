"""Plugins of an imagined author, of each kind and each fault, as installed packages."""

from tests.hosting.installed_plugins import Installation

_PROVIDERS = """
from types import SimpleNamespace
from bg_graph.plugins.errors import Misconfigured, Unavailable
from bg_graph.plugins.health import Health
from bg_graph.plugins.hooks import CheckSpec, FieldSpec, FieldOwner, FieldReturns, RouteSpec, RouteResponse, hookimpl


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    region: str = Field("eu", description="Where the model runs.")
    api_key: SecretStr | None = Field(None, description="Key of the model.")


class Good:
    fault = None

    def __init__(self, settings, context):
        self.settings = settings

    async def summarize(self, request):
        if self.fault:
            raise self.fault
        return [None] * len(request.subjects)

    async def check(self):
        if self.fault:
            raise self.fault
        return Health(healthy=True, message="all is well")

    async def close(self):
        pass


class Away(Good):
    fault = Unavailable("the model is away")


class Wrong(Good):
    fault = Misconfigured("the key is refused")


class Raising(Good):
    fault = RuntimeError("s3cret")


async def well():
    return Health(healthy=True)


async def ones(request):
    return [1] * len(request.subjects)


@hookimpl
def register_checks(register):
    register.add(CheckSpec(name="well", description="Always.", check=well))


@hookimpl
def register_fields(register):
    spec = FieldSpec(type=FieldOwner.ACCOUNT, name="hookedOne", returns=FieldReturns.INT, description="1.", compute=ones)
    register.add(spec)


def plugin(name, provider=None, **more):
    provides = {} if provider is None else {"summary": provider}
    return Plugin(name=name, version="1.2.0", title=name.title(), settings=Settings, provides=provides, **more)


GOOD = plugin("good", Good)
SPARE = plugin("spare", Good)
AWAY = plugin("away", Away)
WRONG = plugin("wrong", Wrong)
RAISING = plugin("raising", Raising)
NEWER = plugin("newer", Good, api=(9, 0))
HOOKED = plugin("hooked", hooks=SimpleNamespace(register_checks=register_checks, register_fields=register_fields))
MISHOOKED = plugin("mishooked", hooks=SimpleNamespace(register_nothing=hookimpl(lambda register: None)))
"""
NAMES = ("good", "spare", "away", "wrong", "raising", "newer", "hooked", "mishooked", "broken")


def install_acme(installation: Installation) -> None:
    """Every plugin of the author, in one package."""
    points = {name: f"acme_plugins:{name.upper()}" for name in NAMES}
    installation.install("acme-plugins", "acme_plugins", _PROVIDERS, version="3.1", **points)

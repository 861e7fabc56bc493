"""Checks of what a plugin states of itself, without a call: name, contract, settings, methods, and how it is built."""

import inspect
import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from multiprocessing.reduction import ForkingPickler
from typing import Any, get_args

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError

from bg_graph.plugins.errors import Misconfigured
from bg_graph.plugins.plugin import API, Plugin
from bg_graph.plugins.testing.building import context_of, settings_of
from bg_graph.plugins.testing.checks import demand
from bg_graph.plugins.testing.exam import ProviderExam, check
from bg_graph.plugins.testing.lent import KeptTexts

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SECRET = re.compile(r"(^|_)(password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key)$")
_HOSTS_OWN = "fence"


class Statements(ProviderExam):
    """What a plugin states of itself."""

    quick: float = 0.5
    """Seconds within which its factory has to have made the provider."""

    @check(fenced=False)
    async def test_it_is_named_and_made_for_this_contract(self) -> None:
        """Name, version and contract are such that a host takes the plugin."""
        plugin = self.plugin
        demand(_NAME.fullmatch(plugin.name), f"The name {plugin.name!r} is not small letters, digits and hyphens.")
        demand(plugin.version and plugin.title, "The plugin needs a version and a title.")
        major, minor = plugin.api
        demand(
            major in (API[0], API[0] - 1) and (major < API[0] or minor <= API[1]),
            f"It is made for contract {major}.{minor}; this is {API[0]}.{API[1]}. State the least minor that it needs.",
        )
        demand(self.capability in plugin.provides, f"`provides` has no {self.capability}.")

    @check(fenced=False)
    async def test_it_has_all_methods_and_they_are_async(self) -> None:
        """Every method of the Protocol is there, and is a coroutine function of one request."""
        async with self.provider() as built:
            for name in self.methods:
                method = getattr(built.provider, name, None)
                demand(method is not None, f"The method {name} is missing.")
                demand(inspect.iscoroutinefunction(method), f"The method {name} has to be `async def`.")

    @check(fenced=False)
    async def test_its_settings_are_described_and_keep_secrets(self) -> None:
        """Each setting has a description, each secret is a SecretStr, none is called `fence`."""
        for path, field in fields_of(self.plugin.settings):
            name = path.rsplit(".", 1)[-1]
            demand(field.description, f"The setting {path} has no description: Field(description=...).")
            demand(name != _HOSTS_OWN, f"The setting {path} can't be called {_HOSTS_OWN}: that name is the host's.")
            demand(
                not _SECRET.search(name) or _is_secret(field.annotation),
                f"The setting {path} looks like a secret and is no SecretStr: it would be shown and logged.",
            )

    @check(fenced=False)
    async def test_each_missing_setting_is_named(self) -> None:
        """It is built of its least settings; without one of them it is refused in a sentence that names that one."""
        self.built()
        for name in self.settings:
            less = {key: value for key, value in self.settings.items() if key != name}
            said = _refusal(self.plugin, str(self.capability), less)
            demand(
                said is None or name in said,
                f"Without the setting {name} it is refused, and {name} is not named: {said}",
            )

    @check(fenced=False)
    async def test_it_is_built_at_once(self) -> None:
        """The factory waits for nothing: connections are opened by the first call."""
        taken = []
        for _ in range(3):
            before = time.perf_counter()
            self.built()
            taken.append(time.perf_counter() - before)
        demand(
            min(taken) < self.quick,
            f"The factory took {min(taken):.1f} s: what takes long belongs into the first call.",
        )

    @check(fenced=False)
    async def test_it_can_be_built_in_another_process(self) -> None:
        """Factory and settings are known by name, so that a process of its own can build the provider."""
        factory = self.plugin.provides[self.capability]
        settings = settings_of(self.plugin, self.settings)
        try:
            ForkingPickler.dumps((factory, settings))
        except Exception as fault:
            demand(
                False,
                f"Factory and settings don't cross to a process ({fault}): put class and model at the top of a module.",
            )
        said = _another_process().submit(_built_there, self.plugin.name, factory, settings).result(timeout=30)
        demand(said is None, f"It can't be built in another process: {said}")


def fields_of(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, Any]]:
    """The fields of a settings model and of the models within it, by their paths."""
    for name, field in model.model_fields.items():
        yield f"{above}{name}", field
        for inner in _models_in(field.annotation):
            yield from fields_of(inner, f"{above}{name}.")


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _is_secret(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, SecretStr | SecretBytes):
        return True
    return any(_is_secret(part) for part in get_args(annotation))


def _refusal(plugin: Plugin, capability: str, given: Mapping[str, Any]) -> str | None:
    """What is said of settings that are refused; None where they are taken."""
    try:
        settings = settings_of(plugin, given)
    except ValidationError as fault:
        return ", ".join(".".join(str(part) for part in error["loc"]) + ": " + error["msg"] for error in fault.errors())
    try:
        plugin.provides[capability](settings, context_of(plugin, KeptTexts()))
    except Misconfigured as refusal:
        return str(refusal)
    except Exception as fault:
        return f"the factory raised {type(fault).__name__}, not Misconfigured"
    return None


@cache
def _another_process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))


def _built_there(name: str, factory: Any, settings: Any) -> str | None:
    """Builds the provider in the process in which it is called; gives what went wrong."""
    plugin = Plugin(name=name, version="0", title=name)
    try:
        factory(settings, context_of(plugin, KeptTexts()))
    except Exception as fault:
        return f"{type(fault).__name__}: {fault}"
    return None

"""What every exam has: what an author gives it, and how its checks are made. The checks themselves stand beside it."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bg_graph.plugins.plugin import Capability, Plugin
from bg_graph.plugins.testing.building import Built, Fence, Fenced, Inline, closed, settings_of
from bg_graph.plugins.testing.checks import (
    PATIENCE,
    Check,
    NotForThis,
    NotGiven,
    Outcome,
    Result,
    ran,
    skipped,
)
from bg_graph.plugins.testing.lent import KeptTexts
from bg_graph.plugins.testing.reporting import PROPERTY, fences_of, is_strict, property_of

Body = Callable[[Any], Awaitable[None]]
CHECK = "bg_graph_check"
"""Under which a test carries its check."""


def check(*, fenced: bool = True) -> Callable[[Body], Callable[..., None]]:
    """Makes a test of a coroutine of an exam. `fenced`: it is made behind each fence, not inline alone."""

    def declared(body: Body) -> Callable[..., None]:
        made = Check(body.__name__, body, fenced)

        def test(self: "ProviderExam", request: pytest.FixtureRequest, fence: str) -> None:
            __tracebackhide__ = True
            self.told(request, self.made(made, Fence(fence)), fence)

        test.__name__ = body.__name__
        test.__qualname__ = body.__qualname__
        test.__doc__ = body.__doc__
        test.__module__ = body.__module__
        vars(test)[CHECK] = made
        return test

    return declared


class ProviderExam:
    """An exam of one provider. An author inherits the one of the capability, and gives what stands here."""

    capability: ClassVar[Capability]
    """Set by the exam of the capability."""
    methods: ClassVar[tuple[str, ...]]
    """The methods of the provider. Set by the exam of the capability."""

    plugin: Plugin
    """What is examined."""
    settings: Mapping[str, Any] = {}
    """The least settings with which the provider works."""
    down_settings: Mapping[str, Any] | None = None
    """Settings with which its system can't be reached: a port on which nobody listens. None where it has no system."""
    wrong_settings: Mapping[str, Any] | None = None
    """Settings that are well-formed and wrong: a password that its system refuses."""
    slow_settings: Mapping[str, Any] | None = None
    """Settings with which its system takes ten seconds or more for an answer."""
    not_needed: Sequence[str] = ()
    """Of what could be given, what this provider can't have: `down_settings` where it has no system, for one. Checks that
    would need it are shown as not applicable, not as skipped."""
    patience: float = PATIENCE
    """Seconds after which a check is given up."""
    memory_calls: int = 1000
    """Calls over which memory must be steady."""

    directory: Path
    """An empty folder, new for each check."""
    storage: KeptTexts
    """The storage that the provider is lent, new for each check."""
    fence: Fence = Fence.INLINE
    """Behind which the provider runs in this check."""

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        """Override to start what the provider needs, such as a false system on 127.0.0.1, and to set `self.settings`."""
        yield

    def forget(self) -> None:
        """Override where something in the test's own process remembers each call: it may forget them all now."""

    # What the exams of the capabilities fill in.

    def usual(self, number: int, tenant: str = "alpha") -> tuple[str, Any]:
        """An ordinary call that works: its method and request. Other numbers give other requests."""
        raise NotImplementedError

    def strangeness(self, request: Any, answer: Any) -> str | None:
        """What tells that an answer is not that to a request; None where nothing does."""
        raise NotImplementedError

    async def alone(self, built: Any, calls: list[tuple[str, Any]]) -> None:
        """Ask beforehand what is needed to tell the answers of calls at one time apart."""

    def calls_of_all_methods(self) -> list[tuple[str, Any]]:
        """One call of each method that the provider is able to do."""
        return [self.usual(0)]

    # How checks are made.

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Each check behind each fence that was asked for."""
        made: Check = vars(metafunc.function)[CHECK]
        fences = fences_of(metafunc.config) if made.fenced else (Fence.INLINE.value,)
        metafunc.parametrize("fence", fences)

    @classmethod
    def checks(cls) -> list[Check]:
        """The checks of the exam, in their order."""
        tests: dict[str, Check] = {}
        for owner in reversed(cls.__mro__):
            tests |= {
                name: vars(test)[CHECK] for name, test in vars(owner).items() if CHECK in getattr(test, "__dict__", {})
            }
        return list(tests.values())

    @classmethod
    def examined(cls, fence: Fence = Fence.INLINE) -> list[Result]:
        """The results of all checks, made without pytest."""
        return [cls().made(each, fence) for each in cls.checks() if each.fenced or fence is Fence.INLINE]

    def made(self, check: Check, fence: Fence) -> Result:
        """Make a check, in surroundings of its own."""
        self.storage, self.fence = KeptTexts(), fence
        try:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                self.directory = Path(folder)
                with self.surroundings():
                    ran(self._proved(check), self.patience)
        except NotGiven as need:
            asked = str(need)
            if asked.split(":")[0] in self.not_needed:
                return Result(check.name, Outcome.NOT_APPLICABLE, f"it needs no {asked.split(':')[0]}")
            return Result(check.name, Outcome.SKIPPED, f"give the exam {asked}")
        except NotForThis as reason:
            return Result(check.name, Outcome.NOT_APPLICABLE, str(reason))
        except Exception as fault:
            said = str(fault) if isinstance(fault, AssertionError) else f"{type(fault).__name__}: {fault}"
            return Result(check.name, Outcome.FAILED, said, fault)
        return Result(check.name, Outcome.PASSED)

    async def _proved(self, check: Check) -> None:
        await check.body(self)

    def told(self, request: pytest.FixtureRequest, result: Result, fence: str) -> None:
        """Tell pytest how a check came out."""
        __tracebackhide__ = True
        strict = is_strict(request.config)
        told = property_of(self.plugin, self.capability, result, fence)
        request.node.user_properties.append((PROPERTY, told))
        if result.fault is not None:
            raise result.fault
        if result.outcome is Outcome.SKIPPED and strict:
            pytest.fail(f"skipped: {result.reason}", pytrace=False)
        if result.outcome in (Outcome.SKIPPED, Outcome.NOT_APPLICABLE):
            pytest.skip(f"{result.outcome}: {result.reason}")

    # What checks use.

    def given(self, name: str, what: str) -> Any:
        """What the author gave under a name; the check is skipped where it is None."""
        value = getattr(self, name)
        return skipped(f"{name}: {what}") if value is None else value

    def built(self, settings: Mapping[str, Any] | None = None) -> Built:
        """The provider, built of settings of its own or of the exam's."""
        given = settings_of(self.plugin, self.settings if settings is None else settings)
        if self.fence is Fence.INLINE:
            return Inline(self.plugin, self.capability, given, self.storage)
        return Fenced(self.plugin, self.capability, given, self.storage, self.fence)

    def inline(self) -> Inline:
        """The provider on the loop of the exam, behind whatever fence the check is made."""
        return Inline(self.plugin, self.capability, settings_of(self.plugin, self.settings), self.storage)

    @asynccontextmanager
    async def provider(self, settings: Mapping[str, Any] | None = None) -> AsyncIterator[Any]:
        """The provider, closed at the end."""
        built = self.built(settings)
        try:
            if isinstance(built, Fenced):
                await built.start()
            yield built
        finally:
            await closed(built)

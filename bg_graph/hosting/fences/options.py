"""How a provider is kept apart from the server, and what may be told of a call that failed."""

from dataclasses import dataclass
from enum import StrEnum
from traceback import extract_tb


class Isolation(StrEnum):
    """Where a provider runs."""

    INLINE = "inline"
    """On the server's own event loop: no protection; for tests, and for what certainly never waits."""
    THREAD = "thread"
    """On an event loop in a thread of its own: whatever it does, the server answers; a crash ends both."""
    PROCESS = "process"
    """In a process of its own: a crash, and memory that runs full, end that process alone."""


@dataclass(frozen=True, slots=True)
class FenceOptions:
    """The fence of one provider."""

    isolation: Isolation = Isolation.THREAD
    deadline: float = 5.0
    """Seconds that a call may take, unless the call says less."""
    concurrency: int = 8
    """Calls at one time."""
    memory: int = 2048
    """MiB of data that a process of its own may hold."""


class FenceFault(Exception):
    """A call had no answer that the contract knows. The message may be shown."""

    cause = ""
    """For the log: what kind of exception it was, and where it was raised; never its text, which may hold personal data."""


class Late(FenceFault):
    """There was no answer in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"gave no answer within {seconds:.3g} seconds")


class Bug(FenceFault):
    """The provider raised what is no error of the contract."""

    def __init__(self, cause: str, message: str = "failed") -> None:
        super().__init__(message)
        self.cause = cause


class Crashed(FenceFault):
    """What the provider runs in has ended."""

    def __init__(self, message: str = "has ended in the middle of the call") -> None:
        super().__init__(message)


class NotBegun(FenceFault):
    """The call never reached the provider, so that nothing can have come of it."""

    def __init__(self, reason: FenceFault) -> None:
        super().__init__(str(reason))
        self.cause = reason.cause


class Down(FenceFault):
    """The provider was begun anew too often, or can't be built; it is not tried again until the server is restarted."""


def bug_of(fault: BaseException) -> Bug:
    """What is kept of an exception."""
    if isinstance(fault, SystemExit | KeyboardInterrupt):
        return Bug(type(fault).__name__, "asked the process to exit")
    trace = extract_tb(fault.__traceback__)
    place = f" at {trace[-1].filename}:{trace[-1].lineno}" if trace else ""
    return Bug(f"{type(fault).__name__}{place}")

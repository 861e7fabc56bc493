"""What goes between the server and a provider's own process: frames of pickled tuples, read with a short list of types.

The list keeps an answer from naming just any function of the server's process; it does not make a plugin harmless, which
runs with the rights of whoever started the server.
"""

import io
import pickle
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bg_graph.hosting.fences.options import Bug, FenceFault
from bg_graph.plugins.errors import (
    Forged,
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Unavailable,
    Unsupported,
)

LENGTH = 8
"""Bytes of a frame's length, which goes before it."""
_SAFE_MODULES = ("array", "datetime", "decimal", "uuid", "zoneinfo")
_SAFE_BUILTINS = frozenset({"bytearray", "complex", "frozenset", "range", "set", "slice"})
_KINDS: Mapping[str, type[ProviderError]] = MappingProxyType(
    {kind.__name__: kind for kind in (Forged, Misconfigured, OutcomeUnknown, Unsupported, ProviderError)}
)
Told = tuple[str, str, Any]
"""A fault as it crosses: kind, message, and what else belongs to it."""


class WrongFrame(Exception):
    """A frame holds what may not cross."""


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        ours = module.startswith("bg_graph.plugins.") and "." not in name
        if ours or module in _SAFE_MODULES or (module == "builtins" and name in _SAFE_BUILTINS):
            found = super().find_class(module, name)
            if isinstance(found, type) or module in _SAFE_MODULES:
                return found
        raise WrongFrame(f"{module}.{name} may not cross from a plugin's process")


def frame(message: tuple[object, ...]) -> bytes:
    """A message as it is sent. Raises what pickling raises."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return len(content).to_bytes(LENGTH, "big") + content


def trusted(content: bytes) -> Any:
    """A message of the server, read in the provider's process."""
    return pickle.loads(content)  # noqa: S301 - the other end is the server that began this process


def checked(content: bytes) -> Any:
    """A message of a provider's process, read in the server. Raises WrongFrame."""
    try:
        return _Reader(io.BytesIO(content)).load()
    except WrongFrame:
        raise
    except Exception as fault:
        raise WrongFrame(f"a frame can't be read: {type(fault).__name__}") from None


def told(fault: ProviderError | FenceFault) -> Told:
    """A fault as it crosses."""
    match fault:
        case Unavailable():
            return "Unavailable", str(fault), fault.retry_after
        case Rejected():
            return "Rejected", str(fault), fault.code
        case ProviderError():
            kind = next(name for name, each in _KINDS.items() if isinstance(fault, each))
            return kind, str(fault), None
    return "Bug", str(fault), fault.cause


def fault_of(given: Told) -> ProviderError | FenceFault:
    """The fault that crossed."""
    kind, message, more = given
    match kind:
        case "Unavailable":
            return Unavailable(message, retry_after=more)
        case "Rejected":
            return Rejected(more, message)
        case "Bug":
            return Bug(more, message)
    return _KINDS[kind](message)

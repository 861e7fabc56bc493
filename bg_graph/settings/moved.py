"""Settings that stand in another place than before, so that whoever still writes the old one is told the new."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "email.provider": "providers.email",
        "email.sender": "plugins.smtp.sender",
        "outbox.folder": "plugins.outbox.folder",
        **{
            f"smtp.{name}": f"plugins.smtp.{name}"
            for name in (
                *("host", "port", "tls", "ca_file", "user", "password", "hello"),
                *("connections", "idle", "timeout"),
            )
        },
    }
)


def _variables(old: str, new: str) -> Iterator[tuple[str, str]]:
    variable = f"BG_{old}".replace(".", "_").upper()
    moved = "BG_" + new.replace(".", "__").upper()
    yield variable, moved
    yield f"{variable}_FILE", f"{moved}_FILE"


_VARIABLES: Mapping[str, str] = MappingProxyType(
    {old: new for key, place in _KEYS.items() for old, new in _variables(key, place)}
)


def new_key(key: str) -> str | None:
    """Where an old setting of the file stands now: None for what never was one."""
    return _KEYS.get(key)


def new_variable(name: str) -> str | None:
    """The variable that is now set instead of an old one."""
    return _VARIABLES.get(name)

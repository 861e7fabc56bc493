"""Writes the skeleton of a plugin: a package that passes its own tests at once."""

import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from bg_graph.cli.faults import Failure, misuse
from bg_graph.plugins.plugin import API

SKELETON = Path(__file__).parent / "skeleton"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TAKEN = sys.stdlib_module_names | {"bg_graph", "copier", "fence", "tests"}
"""Names of modules that a skeleton's own would hide, and the table of a plugin's settings that is the host's."""


class Made(StrEnum):
    """What a skeleton can be of."""

    EMAIL = "email"
    INTENT = "intent"
    SUMMARY = "summary"


class License(StrEnum):
    """The license that a skeleton comes with."""

    APACHE = "Apache-2.0"
    MIT = "MIT"
    NONE = "none"


def write_skeleton(name: str, capability: Made, *, into: Path, license_: License, author: str | None) -> Path:
    """Write a package named after the plugin below a folder; gives where. Raises Failure."""
    _check_name(name)
    folder = into / name
    if folder.exists():
        raise misuse(f"{folder} exists already", "Choose another name, or another folder with --into.")
    answers = {
        "name": name,
        "module": name.replace("-", "_"),
        "title": name.replace("-", " ").capitalize(),
        "capability": str(capability),
        "author": author or f"The authors of {name}",
        "license": str(license_),
        "year": str(datetime.now(UTC).year),
        "host": version("bg-graph"),
        "api": str(API),
    }
    _render(folder, answers)
    return folder


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > 50:
        remedy = "Use small letters, digits and hyphens, beginning with a letter, such as acme-mail."
        raise misuse(f"{name!r} can't be the name of a plugin", remedy)
    if name.replace("-", "_") in _TAKEN:
        raise misuse(f"{name!r} is the name of something else", "Choose one that tells what the plugin connects to.")


def _render(folder: Path, answers: Mapping[str, str]) -> None:
    try:
        copier = import_module("copier")
    except ModuleNotFoundError:
        remedy = "pip install 'bg-graph[author]' brings it, with pytest for the exams."
        raise Failure("copier, which writes skeletons, is not installed", remedy) from None
    try:
        copier.run_copy(str(SKELETON), folder, data=dict(answers), defaults=True, quiet=True, unsafe=False)
    except (OSError, subprocess.SubprocessError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise Failure(f"{folder} can't be written: {reason}", "Name a folder that can be, with --into.") from None

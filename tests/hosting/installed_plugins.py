"""Plugins as they are installed: packages in a folder, with entry points, for tests that look for them."""

import textwrap
from collections.abc import Callable, Sequence
from importlib.metadata import DistributionFinder, EntryPoint, MetadataPathFinder
from pathlib import Path

import pytest

HEAD = """
from bg_graph.plugins.plugin import Plugin
from pydantic import BaseModel, ConfigDict, Field, SecretStr
"""


class Installation:
    """A folder of installed packages that is on the path for as long as the test lasts."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.syspath_prepend(str(folder))

    def install(self, distribution: str, module: str, code: str, *, version: str = "1.0", **points: str) -> None:
        """A package with a module of this code, and entry points by name."""
        (self.folder / f"{module}.py").write_text(HEAD + textwrap.dedent(code), encoding="utf-8")
        about = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        lines = [f"{name.replace('_', '-')} = {value}" for name, value in points.items()]
        (about / "entry_points.txt").write_text("\n".join(["[bg_graph.plugins]", *lines, ""]))

    def points(self) -> Sequence[EntryPoint]:
        """The entry points of what was installed here alone."""
        context = DistributionFinder.Context(path=[str(self.folder)])
        found = MetadataPathFinder.find_distributions(context)
        return [point for each in found for point in each.entry_points]


Points = Callable[[], Sequence[EntryPoint]]

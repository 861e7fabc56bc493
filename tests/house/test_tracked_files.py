"""What is handed on names neither the machine that it was made on nor the places that packages come from."""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scripts.house import ROOT

REGISTRIES = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "registry.npm" + "js.org",
    "npm" + "js.com/",
    "proxy.golang" + ".org",
)
INDEX_SETTINGS = ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "npm_config_registry", "NPM_CONFIG_REGISTRY")
BINARY = (".png", ".ttf", ".ico", ".woff2", ".gz")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout: there is no list of tracked files")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and not name.endswith(BINARY)]


def forbidden() -> list[str]:
    """Hosts of registries, those that this machine uses included, and this machine's own folders."""
    used = [urlsplit(os.environ[name]).hostname for name in INDEX_SETTINGS if os.environ.get(name)]
    folders = [f"{folder}/" for folder in (str(ROOT), str(Path.home())) if folder != "/"]
    folders += [f"/{name}/" for name in ("wo" + "rk/main", "ro" + "ot", "wo" + "rkspace")]
    return [*REGISTRIES, *(host for host in used if host and host not in ("localhost", "127.0.0.1")), *folders]


def test_no_tracked_file_names_a_package_registry_or_a_folder_of_this_machine() -> None:
    pattern = re.compile("|".join(map(re.escape, forbidden())))
    found = {
        f"{path.relative_to(ROOT)}:{text[: match.start()].count(chr(10)) + 1} {match.group()}"
        for path in tracked()
        if path.exists()
        for text in [path.read_text(encoding="utf-8", errors="replace")]
        for match in pattern.finditer(text)
    }
    assert found == set()


def test_lock_files_that_name_a_registry_are_not_tracked() -> None:
    assert [path.name for path in tracked() if path.name in ("uv.lock", "pylock.toml", "poetry.lock")] == []

"""Makes the project's environment in `.venv`: pinned packages with hashes, then the project itself, and for work on it all
plugins that are packages of their own. Standard library only."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
FOR_WORK = "requirements-dev.txt"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")


def make(requirements: str) -> None:
    """Install what `requirements` (a file of the project's root) pins, unless that was done already."""
    if sys.version_info < (3, 11):  # noqa: UP036 - said in words to whoever starts it with an older Python
        sys.exit(f"bg-graph needs Python 3.11 or later; this is {sys.version.split()[0]}")
    stamp = VENV / "installed"
    wanted = _digest(requirements)
    if stamp.exists() and wanted in stamp.read_text():
        return
    print(f"Setting up {VENV.name} from {requirements} (once) ...", flush=True)
    if not (BIN / "uv").exists() and not (BIN / "uv.exe").exists():
        venv.create(VENV, with_pip=True)
        _run("python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements-uv.txt")
    _run("uv", "pip", "install", "--quiet", "--python", str(BIN / "python"), "--require-hashes", "-r", requirements)
    own = [".", *(plugins() if requirements == FOR_WORK else [])]
    editable = [argument for folder in own for argument in ("--editable", folder)]
    _run("uv", "pip", "install", "--quiet", "--python", str(BIN / "python"), "--no-deps", *editable)
    known = stamp.read_text() if stamp.exists() else ""
    stamp.write_text(known + wanted + "\n")


def plugins() -> list[str]:
    """The folders of the plugins that the project's own distribution does not carry."""
    carried = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    folders = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
    return [f"plugins/{each.name}" for each in folders if f'"plugins/{each.name}/bg_' not in carried]


def run(program: str, *arguments: str) -> int:
    """Run a program of the environment, and give its exit code."""
    return subprocess.call([str(BIN / program), *arguments], cwd=ROOT)


def begin(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a program of the environment; what it prints is read from it."""
    command = [str(BIN / program), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def replace(program: str, *arguments: str) -> None:
    """Become a program of the environment (on Windows: run it and leave with its code)."""
    if os.name == "nt":
        sys.exit(run(program, *arguments))
    os.chdir(ROOT)
    os.execv(BIN / program, [str(BIN / program), *arguments])


def _run(program: str, *arguments: str) -> None:
    subprocess.run([str(BIN / program), *arguments], cwd=ROOT, check=True)


def _digest(requirements: str) -> str:
    names = [requirements, "requirements-uv.txt", "pyproject.toml"]
    names += [f"{folder}/pyproject.toml" for folder in (plugins() if requirements == FOR_WORK else [])]
    content = b"".join((ROOT / name).read_bytes() for name in names)
    return hashlib.sha256(content + sys.version.encode()).hexdigest()

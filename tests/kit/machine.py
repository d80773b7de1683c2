"""A folder in which commands of the README and of the guide are run as they stand there, on our own project."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path

import legacy
from databases import sqlite_shell
from examples import REGISTRY, ROOT
from server import clean_environment

__all__ = ["Machine", "look_up", "ours"]


class Machine:
    """A folder in which commands of the README are run, with the programs that they need."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        programs = folder / "bin"
        programs.mkdir()
        (programs / "sqlite3").symlink_to(sqlite_shell())
        path = f"{programs}:{Path(sys.executable).parent}:{environment.pop('PATH', '')}"
        environment["PATH"] = f"{path}:{clean_environment()['PATH']}"
        self.environment = clean_environment(environment)

    def run(self, command: str) -> str:
        """Runs a line as it stands; returns what it prints."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def ours(folder: Path) -> Path:
    """A copy of our configuration and migrations, as in a checkout."""
    shutil.copytree(ROOT / "alembic", folder / "alembic", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "alembic.ini", folder)
    (folder / "src").symlink_to(ROOT / "src")
    return legacy.write_registry(folder / "registry.json", REGISTRY)


def look_up(command: str, machine: Machine, **here: str) -> None:
    """Does for a line that installs or that names another machine what can be done here."""
    if command.startswith("export "):
        given = dict(word.split("=", 1) for word in command.split()[1:])
        declared = (machine.folder / "alembic.ini").read_text("utf-8")
        assert [name for name in given if re.search(rf"(?m)^rekey\.env\..* {name}\b", declared)] == list(here)
        machine.environment.update(here)
        return
    (extra,) = re.findall(r"pip install 'alembic-rekey\[(\w+)\]'", command)
    assert extra in metadata("alembic-rekey").get_all("Provides-Extra")

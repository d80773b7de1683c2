"""Which configuration of Alembic is meant, found as Alembic finds it."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from alembic.config import Config

from alembic_rekey.errors import CommandRefused

__all__ = ["configuration", "configuration_files"]

_TOML, _INI = "pyproject.toml", "alembic.ini"


def configuration(named: Sequence[str], x: Sequence[str]) -> Config:
    """Return Alembic's configuration from the files that `-c` named, with the `-x` arguments `x`.

    Raises:
        CommandRefused: if a named file, or everything that could be meant, does not exist.
    """
    files = configuration_files(named)
    toml = [str(file) for file in files if file.name == _TOML] or [_TOML]
    ini = [str(file) for file in files if file.name != _TOML] or [_INI]
    return Config(file_=ini[-1], toml_file=toml[-1], cmd_opts=Namespace(x=list(x)))


def configuration_files(named: Sequence[str]) -> list[Path]:
    """Return the files that `-c` named, else ALEMBIC_CONFIG, else what the current folder has; absolute.

    Raises:
        CommandRefused: if a named file, or everything that could be meant, does not exist.
    """
    given = list(named) or [name for name in [os.environ.get("ALEMBIC_CONFIG")] if name]
    found = [Path(name).absolute() for name in given or (_TOML, _INI) if Path(name).is_file()]
    missing = [name for name in given if not Path(name).is_file()]
    if missing or not found:
        raise CommandRefused(
            f"there is no configuration {missing[0] if missing else _INI}.",
            "name Alembic's with -c FILE, or go to the folder that holds alembic.ini.",
        )
    return found

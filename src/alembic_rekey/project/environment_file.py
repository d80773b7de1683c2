"""What an `env.py` says of its database, asked of it as Alembic would, up to where it would connect.

It may set the URL itself, and it names the table of versions. A plan that guessed either would be about
another database than the upgrade.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import TableClause, column, table

from alembic_rekey.errors import CommandRefused, RekeyError
from alembic_rekey.text.shown import printable

__all__ = ["ASKED", "version_table"]

ASKED = "alembic_rekey.asked"
"""Where `run()` leaves what it was given, in `Config.attributes`, instead of running migrations."""

_OURS = "alembic_rekey.environment"


def version_table(config: Config) -> TableClause:
    """Let `env.py` set in `config` what it sets, and return the table of versions that it names.

    An `env.py` that does not run its migrations through `alembic_rekey.environment` is not asked: it would connect.

    Raises:
        CommandRefused: if `env.py` fails.
        SettingRefused: if it gives `run()` what that gives `configure()` itself.
        CommandError: where Alembic cannot load it.
    """
    scripts = ScriptDirectory.from_config(config)
    file = Path(scripts.env_py_location)
    given: dict[str, Any] = {}
    if _is_ours(file):
        config.attributes[ASKED] = given
        try:
            with _logging_as_it_is(), redirect_stdout(sys.stderr), EnvironmentContext(config, scripts):
                scripts.run_env()
        except (CommandError, RekeyError):
            raise
        except (Exception, SystemExit) as error:
            raise CommandRefused(
                f"{printable(str(file))} ended with {_said(error)}.",
                "give it what it needs, as for `alembic current`.",
            ) from error
        finally:
            del config.attributes[ASKED]
    name, schema = given.get("version_table") or "alembic_version", given.get("version_table_schema")
    return table(name, column("version_num"), schema=schema)


def _is_ours(file: Path) -> bool:
    try:
        return _OURS in file.read_text("utf-8", errors="replace")
    except OSError:
        return False


def _said(error: BaseException) -> str:
    text = next(iter(str(error).splitlines()), "")
    # A URL may hold a password.
    return type(error).__name__ if not text or "://" in text else f"{type(error).__name__}: {printable(text)}"


@contextmanager
def _logging_as_it_is() -> Iterator[None]:
    """Take back what `fileConfig()` does: what a command prints is its own affair."""
    named = [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    loggers = [logging.getLogger(), *named]
    before = [(one, one.handlers[:], one.level, one.disabled, one.propagate) for one in loggers]
    try:
        yield
    finally:
        for one, handlers, level, disabled, propagate in before:
            one.handlers[:], one.disabled, one.propagate = handlers, disabled, propagate
            one.setLevel(level)

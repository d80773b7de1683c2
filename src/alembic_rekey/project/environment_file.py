"""Where a command reads: what `env.py` says of its database, asked of it as Alembic would, but only reading.

It may set the URL itself, connect in its own way, and it names the table of versions. A plan that guessed any of
these would be about another database than the upgrade.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, TableClause, column, table

from alembic_rekey.connection.likeness import engine_like
from alembic_rekey.connection.only_reading import only_reading
from alembic_rekey.errors import CommandRefused, SettingRefused
from alembic_rekey.project.configuration import engine_of, refuse_elsewhere, settings_of, x_arguments
from alembic_rekey.project.loading import printing_beside, told_in_a_line
from alembic_rekey.settings import Settings, arguments
from alembic_rekey.text.shown import printable

__all__ = ["ASKED", "Place", "place_of"]

ASKED = "alembic_rekey.asked"
"""Where `run()` leaves what it was given, in `Config.attributes`, instead of running migrations."""

_OURS = "alembic_rekey.environment"


@dataclass(frozen=True)
class Place:
    """The settings, the table of versions, the engine of the project's own, if it has one, and what revisions are told.

    `passed_on` is what their functions are given, where there are several databases.
    """

    settings: Settings
    versions: TableClause
    engine: Engine | None
    passed_on: Mapping[str, Any]


def place_of(config: Config) -> Place:
    """Let `env.py` set in `config` what it sets, and return where the upgrade would be.

    An `env.py` that does not run its migrations through `alembic_rekey.environment` knows nothing of `-x url`: where
    that is given it is not asked.

    Raises:
        CommandRefused: if there is no `env.py`, it fails, or would write.
        SettingRefused: if it gives `run()` what that gives `configure()` itself, has several databases, or connects
            to another one than `-x url` names.
        CommandError: where Alembic cannot load it.
    """
    scripts = ScriptDirectory.from_config(config)
    file = Path(scripts.env_py_location)
    if not file.is_file():
        raise CommandRefused(
            f"there is no {file}.", "put it there: `alembic init FOLDER` writes one into a new folder."
        )
    named = arguments(x_arguments(config)).get("url")
    given = _asked(config, scripts, file) if _is_ours(file) or named is None else []
    one = _the_one(given, named)
    engine = one.get("engine") or engine_of(config.attributes.get("connection"))
    if engine is not None:
        config.attributes["connection"] = engine
    settings = settings_of(config)
    if engine is not None:
        refuse_elsewhere(config, settings)
    name, schema = one.get("version_table") or "alembic_version", one.get("version_table_schema")
    versions = table(name, column("version_num"), schema=schema)
    return Place(settings, versions, engine, one.get("passed_on") or {})


def _asked(config: Config, scripts: ScriptDirectory, file: Path) -> list[Mapping[str, Any]]:
    """Return what `env.py` configures, once per database."""
    given: list[Mapping[str, Any]] = []

    def seen(_heads: object, migration: MigrationContext) -> list[Any]:
        given.append({**migration.opts, "engine": engine_like(migration.connection)})
        return []

    config.attributes[ASKED] = given
    try:
        with (
            told_in_a_line(
                lambda _: printable(str(file)),
                "give it what it needs, as for `alembic current`; in a project of Flask: flask rekey …",
            ),
            _logging_as_it_is(),
            printing_beside(),
            only_reading(),
            EnvironmentContext(config, scripts, fn=seen, dont_mutate=True),
        ):
            scripts.run_env()
    finally:
        del config.attributes[ASKED]
    return given


def _the_one(given: Sequence[Mapping[str, Any]], named: str | None) -> Mapping[str, Any]:
    """Return what was configured for the database that is meant: the only one, or that which `-x url` names.

    Raises:
        SettingRefused: where there are several, and it names none of them.
    """
    engines: list[Engine | None] = [one.get("engine") for one in given]
    urls = {engine.url.render_as_string(hide_password=False): engine.url for engine in engines if engine is not None}
    if len(urls) < 2:
        return given[0] if given else {}
    for one, engine in zip(given, engines, strict=True):
        if engine is not None and engine.url.render_as_string(hide_password=False) == named:
            return one
    known = " or ".join(f"-x url={url.set(query={}).render_as_string(hide_password=True)}" for url in urls.values())
    raise SettingRefused("url", f"env.py migrates {len(urls)} databases.", f"name the one that is meant: {known}")


def _is_ours(file: Path) -> bool:
    try:
        return _OURS in file.read_text("utf-8", errors="replace")
    except OSError:
        return False


@contextmanager
def _logging_as_it_is() -> Iterator[None]:
    """Take back what `fileConfig()` does: what a command prints is its own affair."""
    # By a name that only stands above others there is no logger yet.
    by_name = logging.root.manager.loggerDict
    loggers = [logging.root, *(logger for logger in by_name.values() if isinstance(logger, logging.Logger))]
    before = [(logger, logger.handlers[:], logger.level, logger.disabled, logger.propagate) for logger in loggers]
    try:
        yield
    finally:
        for logger, handlers, level, disabled, propagate in before:
            logger.handlers[:], logger.disabled, logger.propagate = handlers, disabled, propagate
            logger.setLevel(level)

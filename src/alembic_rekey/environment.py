"""What an `env.py` runs: one connection, one lock, one transaction for everything, online and as a script.

`alembic/env.py` of a project is two lines: import `run`, and call it with the project's metadata.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alembic import command, context
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, MetaData
from sqlalchemy.exc import DBAPIError

from alembic_rekey.connection.comparison import ADOPTED, beside_ours
from alembic_rekey.connection.database import make_folder, reading, writing_engine
from alembic_rekey.connection.failures import connecting, outcome_open, refusing_database_errors
from alembic_rekey.connection.likeness import engine_like
from alembic_rekey.connection.prepared import prepared
from alembic_rekey.connection.waiting import waited_for
from alembic_rekey.errors import RekeyError, SettingRefused, since_commit
from alembic_rekey.project.branches import beside
from alembic_rekey.project.configuration import refuse_elsewhere, settings_of
from alembic_rekey.project.environment_file import ASKED
from alembic_rekey.report.publication import Ledger
from alembic_rekey.script.changes import assembled
from alembic_rekey.script.frame import ScriptNotes, hand_over, header, opening
from alembic_rekey.script.impl import OPENING
from alembic_rekey.settings import Settings
from alembic_rekey.sql.dialects.older import without_backslash_escapes
from alembic_rekey.text.shown import without_passwords

if TYPE_CHECKING:
    # Loaded, it asks for greenlet, which only drivers of coroutines need.
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["ADOPTED", "RUNNING", "SCRIPT_NOTES", "Failed", "ending", "ledger_of", "run", "settings_of"]

_LEDGER = "alembic_rekey.ledger"
"""Where `Config.attributes` keep the `Ledger` of the connection that is migrated."""

RUNNING = "alembic_rekey.running"
"""What `Config.attributes` hold while `run()` runs migrations: an operation finds all that it needs."""

SCRIPT_NOTES = "alembic_rekey.script_notes"
"""Where an operation finds the `ScriptNotes` of the script that is being written."""

_OURS: Mapping[str, str] = {
    "as_sql": "the option --sql says it.",
    "dialect_name": "the URL names the database: set it with -x url=…, or in alembic.ini.",
    "dialect_opts": "a script is written in the one style that every shell reads.",
    "literal_binds": "a script has no parameters that a shell could fill in.",
    "transaction_per_migration": "a fold, its journal and the revisions around it are one transaction; to run them "
    "one by one, name each: alembic upgrade REVISION.",
    "transactional_ddl": "the side tables come and go with the transaction that folds.",
}
"""Arguments of `configure()` that `run()` gives itself, and where to turn instead."""


class Failed(CommandError):
    """What a program that calls Alembic's commands gets; `__cause__` is the `RekeyError`."""


def run(
    target_metadata: MetaData | Sequence[MetaData] | None = None,
    *,
    connection: Connection | Engine | AsyncEngine | None = None,
    url: str | URL | None = None,
    passed_on: Mapping[str, Any] | None = None,
    **configure: Any,
) -> None:
    """Run the migrations; `configure` goes to `context.configure()`.

    Without more, the URL is that of the settings. An `env.py` that connects in its own way hands its `connection`
    over, or the engine; `url` stands for that of alembic.ini. `passed_on` goes to `upgrade()` and `downgrade()` of
    the revisions, as what `context.run_migrations()` is given. It may be called for several databases, one by one.

    Raises:
        SystemExit: for a refusal on the command line, after `FAILED: …` on standard error.
        Failed: for a refusal in a program.
    """
    config = context.config
    if connection is not None:
        config.attributes["connection"] = connection
    if url is not None:
        written = url.render_as_string(hide_password=False) if isinstance(url, URL) else url
        config.set_main_option("sqlalchemy.url", written.replace("%", "%%"))
    asked = config.attributes.get(ASKED)
    if asked is not None:
        _refuse_ours(configure)
        asked.append({**configure, "engine": engine_like(connection), "passed_on": passed_on})
        return
    config.attributes.pop(_LEDGER, None)
    config.attributes[RUNNING] = True
    try:
        _refuse_ours(configure)
        configure = beside_ours({"target_metadata": target_metadata, **configure})
        settings = settings_of(config)
        if connection is not None:
            refuse_elsewhere(config, settings)
        with refusing_database_errors(settings):
            if context.is_offline_mode():
                _write_script(settings, configure, passed_on or {})
            else:
                _upgrade(settings, configure, passed_on or {})
    except RekeyError as error:
        raise ending(config, error) from error
    finally:
        del config.attributes[RUNNING]


def ending(config: Config, error: RekeyError) -> SystemExit | Failed:
    """Return what ends a command that `error` has stopped; on the command line that is told, and has its status."""
    ledger = config.attributes.get(_LEDGER)
    said = since_commit(str(error)) if getattr(ledger, "committed", False) else str(error)
    said = without_passwords(said)
    # Each command of Flask-Migrate ends with 1 for what it catches, in a program too.
    if getattr(config.cmd_opts, "cmd", None) is None and type(config).__module__ != "flask_migrate":
        return Failed(said)
    # Alembic would print this on standard output, folded to the width of the terminal.
    if sys.stderr is not None:  # the shell may have closed it: the status tells still
        sys.stderr.write(f"FAILED: {said}\n")
    return SystemExit(error.status)


def _refuse_ours(configure: Mapping[str, Any]) -> None:
    for name in sorted(configure.keys() & _OURS.keys()):
        said = "run() gives this argument of configure() itself."
        raise SettingRefused(name, said, f"leave it away in env.py: {_OURS[name]}")


def _upgrade(settings: Settings, configure: dict[str, Any], passed_on: Mapping[str, Any]) -> None:
    handed_over = context.config.attributes.get("connection")
    if isinstance(handed_over, Connection):
        _migrate(handed_over, settings, configure, passed_on)
    elif handed_over is not None:
        # An engine, or what stands for one: pytest-alembic wraps its connection so.
        engine = getattr(handed_over, "sync_engine", handed_over)
        waited_for(settings.url, _upgrade_through, engine, settings, configure, passed_on)
    else:
        waited_for(settings.url, _upgrade_by_url, settings, configure, passed_on)


def _upgrade_through(engine: Any, settings: Settings, configure: dict[str, Any], passed_on: Mapping[str, Any]) -> None:
    with connecting(settings):
        opened = engine.connect()
    with opened as connection:
        _migrate(connection, settings, configure, passed_on)


def _upgrade_by_url(settings: Settings, configure: dict[str, Any], passed_on: Mapping[str, Any]) -> None:
    if _only_reads():
        with reading(settings) as connection:
            context.configure(connection=connection, **configure)
            with context.begin_transaction():
                context.run_migrations(**passed_on)
        return
    make_folder(settings)
    engine = writing_engine(settings)
    try:
        _upgrade_through(engine, settings, configure, passed_on)
    finally:
        engine.dispose()


def _only_reads() -> bool:
    """Tell whether this is `alembic current` or `check`: neither waits for a writer, makes a file or needs to write."""
    called = getattr(context.config.cmd_opts, "cmd", None)
    return called is not None and called[0] in (command.current, command.check)


def ledger_of(config: Config, connection: Connection) -> Ledger:
    """Return where the runs on `connection` leave what they have to tell after the commit."""
    ledger = config.attributes.get(_LEDGER)
    if not isinstance(ledger, Ledger) or ledger.connection is not connection:
        ledger = config.attributes[_LEDGER] = Ledger(connection)
    return ledger


def _migrate(
    connection: Connection, settings: Settings, configure: dict[str, Any], passed_on: Mapping[str, Any]
) -> None:
    ledger = ledger_of(context.config, connection)
    ledger.taken = 0
    try:
        with prepared(connection, settings):
            # No transaction may begin before configure(): Alembic would take it for the caller's and not commit.
            context.configure(
                connection=connection, transactional_ddl=True, transaction_per_migration=False, **configure
            )
            with context.begin_transaction():
                context.run_migrations(**passed_on)
    except BaseException as error:
        ledger.discard()
        if ledger.is_open and isinstance(error, DBAPIError):
            raise outcome_open(error, settings) from error
        raise
    if connection.in_transaction():
        ledger.announce()
    else:
        ledger.settle()


def _write_script(settings: Settings, configure: dict[str, Any], passed_on: Mapping[str, Any]) -> None:
    target = configure.pop("output_buffer", None) or context.config.output_buffer or sys.stdout
    # Collected first: a refusal half-way must leave nothing on standard output, and the header tells
    # what the operations found.
    written = io.StringIO()
    notes = context.config.attributes[SCRIPT_NOTES] = ScriptNotes()
    context.configure(
        url=settings.url,
        literal_binds=True,
        transactional_ddl=True,
        transaction_per_migration=False,
        # psycopg's own style would write every % twice.
        dialect_opts={"paramstyle": "named"},
        output_buffer=written,
        **configure,
    )
    migration = context.get_context()
    dialect, version, start = migration.dialect, migration._version, migration.get_current_heads()
    without_backslash_escapes(dialect)
    notes.reached = now = list(start)

    def reach(heads: set[str], **_: Any) -> None:
        now[:] = sorted(heads)

    migration.on_version_apply_callbacks = (*migration.on_version_apply_callbacks, reach)
    migration.opts[OPENING] = lambda: opening(dialect, version, now, beside(migration, now), settings.lock_timeout)
    with context.begin_transaction():
        context.run_migrations(**passed_on)

    def head(changes: Sequence[str]) -> Iterator[str]:
        begun = getattr(migration.impl, "transactions", 1)
        known = ", ".join(start) or "base", str(context.get_revision_argument() or "base")
        return header(dialect, *known, notes.header, settings.lock_timeout, begun, changes)

    hand_over(assembled(head, [written.getvalue(), *notes.tail]), target)

"""What an `env.py` runs: one connection, one lock, one transaction for everything, online and as a script.

`alembic/env.py` of a project is two lines: import `run`, and call it with the project's metadata.
"""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

from alembic import command, context
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, text

import alembic_rekey.script_impl  # noqa: F401  # registers how Alembic itself writes in a script
from alembic_rekey.comparison import as_it_was_adopted, is_another_type, is_asked_for
from alembic_rekey.configuration import settings_of
from alembic_rekey.database import make_folder, reading, writing_engine
from alembic_rekey.environment_file import ASKED
from alembic_rekey.errors import OutcomeOpen, RekeyError, ReportFailed
from alembic_rekey.failures import committing, refusing_database_errors
from alembic_rekey.report_file import ReportFile
from alembic_rekey.script_frame import ScriptNotes, header, opening
from alembic_rekey.settings import Settings

__all__ = ["REPORTS", "SCRIPT_NOTES", "Failed", "run", "settings_of"]

REPORTS = "alembic_rekey.reports"
"""Where an operation leaves its `ReportFile` in `Config.attributes`, to be published after the commit."""

SCRIPT_NOTES = "alembic_rekey.script_notes"
"""Where an operation finds the `ScriptNotes` of the script that is being written."""

_LOCK = 0x72656B65790001
"""The advisory lock of PostgreSQL that upgrades of one database wait for each other on."""

_log = logging.getLogger("alembic.rekey")


class Failed(CommandError):
    """What a program that calls Alembic's commands gets; `__cause__` is the `RekeyError`."""


def run(target_metadata: MetaData | None = None, **configure: Any) -> None:
    """Run the migrations; `configure` goes to `context.configure()`.

    Raises:
        SystemExit: for a refusal on the command line, after `FAILED: …` on standard error.
        Failed: for a refusal in a program.
    """
    config = context.config
    asked = config.attributes.get(ASKED)
    if asked is not None:
        asked.update(configure)
        return
    comparing = {
        "include_object": is_asked_for,
        "compare_type": is_another_type,
        "process_revision_directives": as_it_was_adopted,
    }
    configure = {"target_metadata": target_metadata, **comparing, **configure}
    try:
        settings = settings_of(config)
        with refusing_database_errors(settings):
            if context.is_offline_mode():
                _write_script(settings, configure)
            else:
                _upgrade(settings, configure)
    except RekeyError as error:
        if getattr(config.cmd_opts, "cmd", None) is None:
            raise Failed(str(error)) from error
        # Alembic would print this on standard output, folded to the width of the terminal.
        sys.stderr.write(f"FAILED: {error}\n")
        raise SystemExit(1) from error


def _upgrade(settings: Settings, configure: dict[str, Any]) -> None:
    handed_over = context.config.attributes.get("connection")
    if handed_over is not None:
        # An engine, or what stands for one: pytest-alembic wraps its connection so.
        opened = nullcontext(handed_over) if isinstance(handed_over, Connection) else handed_over.connect()
        with opened as connection:
            _migrate(connection, settings, configure)
        return
    if _only_reads():
        with reading(settings) as connection:
            context.configure(connection=connection, **configure)
            with context.begin_transaction():
                context.run_migrations()
        return
    make_folder(settings)
    engine = writing_engine(settings)
    try:
        with engine.connect() as connection:
            _migrate(connection, settings, configure)
    finally:
        engine.dispose()


def _only_reads() -> bool:
    """Tell whether this is `alembic current` or `check`: neither waits for a writer, makes a file or needs to write."""
    called = getattr(context.config.cmd_opts, "cmd", None)
    return called is not None and called[0] in (command.current, command.check)


def _migrate(connection: Connection, settings: Settings, configure: dict[str, Any]) -> None:
    # Nothing may be executed before configure(): Alembic would take the transaction for ours and not commit.
    context.configure(connection=connection, transactional_ddl=True, transaction_per_migration=False, **configure)
    with _reports(), ExitStack() as transaction:
        transaction.enter_context(context.begin_transaction())
        if connection.dialect.name == "postgresql":
            seconds = {"milliseconds": f"{int(settings.lock_timeout * 1000)}ms"}
            connection.execute(text("SELECT set_config('lock_timeout', :milliseconds, true)"), seconds)
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        context.run_migrations()
        with committing(settings):
            transaction.close()


@contextmanager
def _reports() -> Iterator[None]:
    """Publish the reports of this transaction when it was committed, and discard them when it was not.

    Where that is open they stay as they are: pending, which claims nothing.
    """
    reports: list[ReportFile] = []
    context.config.attributes[REPORTS] = reports
    try:
        yield
    except OutcomeOpen:
        for report in reports:
            _log.warning("The report of what may have happened stays complete as %s.", report.pending)
        raise
    except BaseException:
        for report in reports:
            report.discard()
        raise
    for report in reports:
        try:
            _log.info("Report: %s", report.publish())
        except ReportFailed as error:
            # Committed: to fail now would say that nothing was changed.
            said = "The upgrade is done and recorded; its report stays complete as %s. %s"
            _log.warning(said, report.pending, error.problem)


def _write_script(settings: Settings, configure: dict[str, Any]) -> None:
    # Collected first: a refusal half-way must leave nothing on standard output, and the header tells
    # what the operations found.
    written = io.StringIO()
    notes = ScriptNotes()
    context.config.attributes[SCRIPT_NOTES] = notes
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
    dialect, start = migration.dialect, migration.get_current_heads()
    with context.begin_transaction():
        version = migration._version
        for piece in opening(dialect, version, start, _LOCK, settings.lock_timeout):
            migration.impl.static_output(piece)
        context.run_migrations()
    end = context.get_revision_argument()
    pieces = [
        *header(dialect, ", ".join(start) or "base", str(end or "base"), notes.header, settings.lock_timeout),
        written.getvalue(),
        *notes.tail,
    ]
    target = context.config.output_buffer or sys.stdout
    target.write("\n\n".join(piece.strip("\n") for piece in pieces) + "\n")

"""A script in the shell of SQLite.

SQLite undoes one statement only. So a guard that fails ends the transaction itself. What a shell runs after that would
be committed one by one: a savepoint before each statement opens a transaction again, and the last guard, which asks for
the marks of all others, takes it back.
"""

from __future__ import annotations

from alembic_rekey.sql.dialects.shell import Said, Shell

__all__ = ["SQLiteShell"]

_SCHEMA_BEFORE = "CREATE TEMPORARY TABLE rekey_guard AS SELECT schema_version AS was FROM pragma_schema_version;\n"

_SCHEMA_MARK = """
INSERT INTO rekey_whole (offending) SELECT was = schema_version FROM rekey_guard, pragma_schema_version;
DROP TABLE rekey_guard;"""


class SQLiteShell(Shell):
    """sqlite3."""

    title = "SQLite"
    run_with = "sqlite3 DATABASE < FILE"
    exit_status = (
        "The exit status is not 0 where it stopped. A tool that drops .bail on, and goes on after an error, commits "
        "nothing either, unless all that failed is an op.execute() of another revision."
    )
    settings = (
        "No cascade may take rows along; what foreign keys ask for is checked.",
        "PRAGMA foreign_keys = OFF;",
    )
    # A deferred transaction fails with "database is locked" whatever the timeout.
    begin = "-- One transaction, which no other writer can enter.\nBEGIN IMMEDIATE;"
    starting = """\
-- Each guard that passes leaves a mark; the last one asks for all of them, in this very transaction.
PRAGMA defer_foreign_keys = ON;
CREATE TEMPORARY TABLE rekey_whole (offending BIGINT CHECK (offending = 0));"""
    insertion = "INSERT OR ROLLBACK"
    guard_mark = "INSERT INTO rekey_whole (offending) SELECT offending FROM rekey_guard;\n"
    reopened = "SAVEPOINT rekey_step;\n"
    schema_marks = (_SCHEMA_BEFORE, _SCHEMA_MARK)
    same_text: list[Said] = []  # noqa: RUF012  # never changed, and typed by the interface

    def first(self, lock_timeout: float) -> list[str]:
        """Stop at an error, wait for locks."""
        # The empty statement takes a byte order mark upon itself: behind one, the shell knows no command.
        return [f";\n.bail on\n.timeout {int(lock_timeout * 1000)}"]

    def locks(self, lock_timeout: float) -> list[Said]:
        """Return nothing: BEGIN IMMEDIATE waits."""
        return []

    def ending(self, marks: int, version_table: str) -> str:
        """Ask for all marks, and roll back without them."""
        return f"""\
-- Guard rekey_script_whole: each guard has passed, and all was done in one transaction.
-- If the script stops here: look for the first error above; nothing was changed.
CREATE TEMPORARY TABLE IF NOT EXISTS rekey_whole (offending BIGINT);
CREATE TEMPORARY TABLE rekey_last_guard (
  offending BIGINT CONSTRAINT rekey_script_whole CHECK (offending = 0)
);
INSERT OR ROLLBACK INTO rekey_last_guard (offending)
SELECT (SELECT count(*) FROM rekey_whole) * defer_foreign_keys - {marks} FROM pragma_defer_foreign_keys;
-- The same where no temporary table can be made.
INSERT OR ROLLBACK INTO {version_table} (version_num)
SELECT NULL FROM pragma_defer_foreign_keys
WHERE defer_foreign_keys = 1 AND NOT EXISTS (SELECT 1 FROM sqlite_temp_master WHERE name = 'rekey_last_guard');
DROP TABLE rekey_last_guard;
DROP TABLE rekey_whole;"""  # noqa: S608  # a number, and a name that SQLAlchemy quoted

"""What makes a script all or nothing, also in a shell that goes on after an error.

PostgreSQL undoes a transaction in which a statement failed, unless the shell has set a savepoint before it: psql does
where ON_ERROR_ROLLBACK is on, other tools have an option of the kind. There the transaction stays read-only; where the
tool had begun it before the script could, a deferred constraint fails at COMMIT.

SQLite undoes one statement only. So a guard that fails ends the transaction itself. What a shell runs after that would
be committed one by one: a savepoint before each statement opens a transaction again, and the last guard, which asks for
the marks of all others, takes it back.
"""

from __future__ import annotations

__all__ = ["ended_whole", "guard_mark", "marks_in", "reopened", "schema_marks", "starting_whole"]

_MARK = "INSERT INTO rekey_whole (offending)"

_GUARD_MARK = "INSERT INTO rekey_whole (offending) SELECT offending FROM rekey_guard;\n"

_SCHEMA_BEFORE = "CREATE TEMPORARY TABLE rekey_guard AS SELECT schema_version AS was FROM pragma_schema_version;\n"

_SCHEMA_MARK = """
INSERT INTO rekey_whole (offending) SELECT was = schema_version FROM rekey_guard, pragma_schema_version;
DROP TABLE rekey_guard;"""

_SQLITE_STARTS = """\
-- Each guard that passes leaves a mark; the last one asks for all of them, in this very transaction.
PRAGMA defer_foreign_keys = ON;
CREATE TEMPORARY TABLE rekey_whole (offending BIGINT CHECK (offending = 0));"""

_POSTGRESQL_STARTS = """\
-- If the script stops here: the shell sets a savepoint before each statement, and could undo a guard
--   alone and go on: run the script with psql -X, which leaves ON_ERROR_ROLLBACK off.
SET TRANSACTION READ WRITE;
CREATE TEMPORARY TABLE rekey_whole (
  savepoints BIGINT CONSTRAINT rekey_savepoints UNIQUE DEFERRABLE INITIALLY DEFERRED
) ON COMMIT DROP;
INSERT INTO rekey_whole (savepoints)
SELECT 1
FROM pg_catalog.pg_class AS made CROSS JOIN generate_series(1, 2)
WHERE made.oid = 'pg_temp.rekey_whole'::regclass
  AND CAST(made.xmin AS TEXT) != CAST(txid_current() % 4294967296 AS TEXT);"""

_POSTGRESQL_ENDS = """\
-- Only the transaction that began above can be committed.
INSERT INTO rekey_whole (savepoints) VALUES (0);"""


def starting_whole(dialect: str) -> str:
    """Return what comes first in the transaction."""
    return _POSTGRESQL_STARTS if dialect == "postgresql" else _SQLITE_STARTS


def guard_mark(dialect: str) -> str:
    """Return the line by which a guard that has passed says so, if one is needed."""
    return _GUARD_MARK if dialect == "sqlite" else ""


def schema_marks() -> tuple[str, str]:
    """Return what stands before and after a statement that changes the schema of a SQLite file: a mark that it did."""
    return (_SCHEMA_BEFORE, _SCHEMA_MARK)


def reopened(dialect: str) -> str:
    """Return what keeps a statement out of a transaction of its own, where an earlier one has ended the script's."""
    return "SAVEPOINT rekey_step;\n" if dialect == "sqlite" else ""


def marks_in(text: str) -> int:
    """Return how many marks the statements of `text` leave."""
    return sum(line.startswith(_MARK) for line in text.splitlines())


def ended_whole(dialect: str, marks: int, version_table: str) -> str:
    """Return what comes last before COMMIT: it takes everything back unless all `marks` are there."""
    if dialect == "postgresql":
        return _POSTGRESQL_ENDS
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

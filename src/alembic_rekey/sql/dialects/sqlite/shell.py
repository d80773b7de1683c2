"""A script in the shell of SQLite.

SQLite undoes one statement only. So a guard that fails ends the transaction itself. What a shell runs after that would
be committed one by one: a savepoint before each statement opens a transaction again, and the last guard, which asks for
the marks of all others, takes it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Table

from alembic_rekey.spec import Relation
from alembic_rekey.sql.dialects.constraints import UniqueIndex
from alembic_rekey.sql.dialects.shell import Said, Shell
from alembic_rekey.sql.dialects.sqlite.catalog.claims import UNIQUE_COLUMNS
from alembic_rekey.sql.dialects.sqlite.expressions import Constants

__all__ = ["SQLiteShell"]

_SCHEMA_BEFORE = "CREATE TEMPORARY TABLE rekey_guard AS SELECT schema_version AS was FROM pragma_schema_version;\n"

_SCHEMA_MARK = """
INSERT INTO rekey_whole (offending) SELECT was = schema_version FROM rekey_guard, pragma_schema_version;
DROP TABLE rekey_guard;"""


class SQLiteShell(Shell):
    """sqlite3."""

    title = "SQLite"
    compilers = (Constants,)
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
CREATE TEMPORARY TABLE rekey_whole (offending BIGINT CHECK (offending = 0));
INSERT INTO rekey_whole (offending)
SELECT count(*) FROM sqlite_temp_master WHERE name LIKE 'rekey^_%' ESCAPE '^' AND name <> 'rekey_whole';
-- What a guard finds stands here, and is shown: twenty at most, with nothing that moves a cursor.
CREATE TEMPORARY TABLE rekey_finding (guard TEXT, said TEXT);
CREATE TEMPORARY VIEW rekey_shown AS
WITH RECURSIVE rekey_letter (place, said, rest, code) AS (
  SELECT row_number() OVER (ORDER BY guard, said), guard || ':', ' ' || substr(said, 1, 400), 32
  FROM rekey_finding WHERE said IS NOT NULL
  UNION ALL SELECT place, said || CASE
    WHEN code IN (173, 1564, 6158, 65279) OR code < 32 OR code BETWEEN 127 AND 160
      OR code BETWEEN 8203 AND 8207 OR code BETWEEN 8232 AND 8303 THEN '\\x' || lower(hex(substr(rest, 1, 1)))
    ELSE substr(rest, 1, 1)
  END, substr(rest, 2), coalesce(unicode(substr(rest, 2)), 0)
  FROM rekey_letter WHERE rest <> '' AND place <= 20
)
SELECT said FROM (
  SELECT place, said FROM rekey_letter WHERE rest = ''
  UNION ALL SELECT 21, 'They are ' || count(said) || ' findings in all.' FROM rekey_finding
) WHERE place <= 20 OR (SELECT count(said) FROM rekey_finding) > 20 ORDER BY place;"""
    unique_columns = UNIQUE_COLUMNS
    reopened = "SAVEPOINT rekey_step;\n"
    schema_marks = (_SCHEMA_BEFORE, _SCHEMA_MARK)
    compares_generated = True
    same_text: list[Said] = []  # noqa: RUF012  # never changed, and typed by the interface

    def first(self, lock_timeout: float) -> list[str]:
        """Stop at an error, wait for locks."""
        # The empty statement takes a byte order mark upon itself: behind one, the shell knows no command.
        return [f";\n.bail on\n.timeout {int(lock_timeout * 1000)}"]

    def locks(self, lock_timeout: float) -> list[Said]:
        """Return nothing: BEGIN IMMEDIATE waits."""
        return []

    def forbidden(self) -> list[Relation]:
        """Return nothing: BEGIN IMMEDIATE fails where nobody may write."""
        return []

    def guard(self, names: Mapping[str, str], found: str) -> str:
        """Leave a mark where it finds nothing; else let the constraint fail that has the guard's name."""
        checks = ", ".join(f"CONSTRAINT {quoted} CHECK (guard <> '{name}')" for name, quoted in names.items())
        return f"""\
INSERT INTO rekey_finding (guard, said)
{found}
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, {checks});
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;"""  # noqa: S608  # names of guards, and a query of ours

    def exclusions(self, source: Table) -> list[UniqueIndex]:
        """Return none: it has none."""
        return []

    def dropping(self, views: Sequence[str]) -> str:
        """Take one statement for each."""
        return "\n".join(f"DROP VIEW {view};" for view in views)

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
DROP VIEW rekey_shown;
DROP TABLE rekey_finding;
DROP TABLE rekey_whole;"""  # noqa: S608  # a number, and a name that SQLAlchemy quoted

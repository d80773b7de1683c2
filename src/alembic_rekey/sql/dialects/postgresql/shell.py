"""A script in the shell of PostgreSQL.

PostgreSQL undoes a transaction in which a statement failed, unless the shell has set a savepoint before it: psql does
where ON_ERROR_ROLLBACK is on, other tools have an option of the kind. There the transaction stays read-only; where the
tool had begun it before the script could, a deferred constraint fails at COMMIT.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Table, Text, func, literal_column, select, text

from alembic_rekey.spec import Relation
from alembic_rekey.sql.dialects.constraints import UniqueIndex
from alembic_rekey.sql.dialects.postgresql.catalog.claims import UNIQUE_COLUMNS
from alembic_rekey.sql.dialects.postgresql.catalog.unique_indexes import declared_exclusions
from alembic_rekey.sql.dialects.postgresql.session import LOCK, SAME_TEXT
from alembic_rekey.sql.dialects.shell import Said, Shell

__all__ = ["PostgreSQLShell"]


class PostgreSQLShell(Shell):
    """psql."""

    title = "PostgreSQL"
    run_with = "psql -v ON_ERROR_STOP=1 -f FILE DATABASE"
    exit_status = (
        "Without ON_ERROR_STOP nothing is applied either where a guard stops it, but the exit status is 0. "
        "With ON_ERROR_ROLLBACK on nothing is applied at all: -X leaves ~/.psqlrc away, which may set it."
    )
    settings = (
        "Read this file the same way in every session.",
        "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;",
    )
    # A higher level, perhaps the role's default, would not see what it waited for.
    begin = "-- One transaction.\nBEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;"
    starting = """\
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
  AND CAST(made.xmin AS TEXT) != CAST(txid_current() % 4294967296 AS TEXT);
-- What a guard finds it inserts here, and then the script stops: the error shows the first twenty findings.
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, said TEXT) ON COMMIT DROP;
CREATE OR REPLACE FUNCTION pg_temp.rekey_stop() RETURNS trigger LANGUAGE plpgsql AS $rekey$
DECLARE
  guards TEXT := (SELECT string_agg(DISTINCT guard, ', ') FROM rekey_guard);
  hidden CONSTANT TEXT := '[\\u0001-\\u001f\\u007f-\\u00a0\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u206f\\ufeff]';
BEGIN
  IF guards IS NOT NULL THEN
    RAISE check_violation USING
      MESSAGE = format('guard %s found %s, and stops the script', guards, (SELECT count(*) FROM rekey_guard)),
      DETAIL = (SELECT string_agg(shown, E'\\n') FROM (SELECT (SELECT string_agg(
            CASE WHEN letter ~ hidden THEN '\\x' || encode(convert_to(letter, 'UTF8'), 'hex') ELSE letter END, ''
            ORDER BY place) FROM regexp_split_to_table(left(said, 400), '') WITH ORDINALITY AS letters (letter, place)
          ) AS shown FROM rekey_guard ORDER BY guard, said LIMIT 20) AS first),
      HINT = 'The comment above this guard in the script says what to do.';
  END IF;
  RETURN NULL;
END
$rekey$;
CREATE TRIGGER rekey_stop AFTER INSERT ON rekey_guard FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.rekey_stop();
ALTER TABLE rekey_guard ENABLE ALWAYS TRIGGER rekey_stop;"""
    unique_columns = UNIQUE_COLUMNS
    reopened = ""
    schema_marks = ("", "")
    compares_generated = False
    same_text: list[Said] = [  # noqa: RUF012  # never changed, and typed by the interface
        ("Write values as the same text in every session.", text(SAME_TEXT))
    ]

    def first(self, lock_timeout: float) -> list[str]:
        """Return nothing: what psql must be told stands in its command."""
        return []

    def locks(self, lock_timeout: float) -> list[Said]:
        """Wait for the advisory lock, not for ever."""
        return [
            ("Do not wait for locks for ever.", text(f"SET LOCAL lock_timeout = '{int(lock_timeout * 1000)}ms'")),
            ("Wait for any other upgrade of this database.", text(f"SELECT pg_advisory_xact_lock({LOCK})")),
        ]

    def forbidden(self) -> list[Relation]:
        """Find what keeps transactions from writing by default: this one began otherwise, and was let write by us."""
        account, setting = literal_column("current_user", Text()), func.current_setting("default_transaction_read_only")
        return [select(account.label("account")).where(setting == "on")]

    def guard(self, names: Mapping[str, str], found: str) -> str:
        """Insert what it finds: the trigger stops."""
        return f"INSERT INTO rekey_guard (guard, said)\n{found};"  # a query of ours

    def exclusions(self, source: Table) -> list[UniqueIndex]:
        """Read the declaration."""
        return declared_exclusions(source)

    def dropping(self, views: Sequence[str]) -> str:
        """Name all of them in one statement."""
        return f"DROP VIEW {', '.join(views)};"

    def ending(self, marks: int, version_table: str) -> str:
        """Commit no transaction but the one that began with the script."""
        return """\
-- Only the transaction that began above can be committed.
INSERT INTO rekey_whole (savepoints) VALUES (0);"""

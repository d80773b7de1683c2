"""What stands around the migrations in a script: header, transaction, locks, the guard of the version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Dialect, Table, Text, exists, literal, not_, select, text, union_all
from sqlalchemy.schema import CreateTable

from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.script.script import comment, compiled, guarded
from alembic_rekey.spec import Check, Relation

__all__ = ["ScriptNotes", "header", "opening"]

_SHELLS = {
    "sqlite": (
        "SQLite",
        "sqlite3 DATABASE < FILE",
        "The exit status is not 0 where it stopped. A tool that drops .bail on, and goes on after an error, commits "
        "nothing either, unless all that failed is an op.execute() of another revision.",
    ),
    "postgresql": (
        "PostgreSQL",
        "psql -v ON_ERROR_STOP=1 -f FILE DATABASE",
        "Without ON_ERROR_STOP nothing is applied either where a guard stops it, but the exit status is 0. "
        "With ON_ERROR_ROLLBACK on nothing is applied at all: -X leaves ~/.psqlrc away, which may set it.",
    ),
}


_ONE_OR_SEVERAL = (
    ("It is one transaction. At the first guard that finds anything it stops, and nothing was changed.",),
    (
        "It is several transactions: an autocommit_block() of a revision commits what came before it.",
        "At the first guard that finds anything it stops, and nothing was changed since the COMMIT above it.",
    ),
)


@dataclass
class ScriptNotes:
    """What the operations of a script want said in its header, and shown after its COMMIT."""

    header: list[str] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)


def header(
    dialect: Dialect, start: str, end: str, notes: Sequence[str], lock_timeout: float, transactions: int
) -> Iterator[str]:
    """Yield what stands before BEGIN: how shells must behave, and what the script is."""
    title, run_with, exit_status = _SHELLS[dialect.name]
    if dialect.name == "sqlite":
        # The empty statement takes a byte order mark upon itself: behind one, the shell knows no command.
        yield f";\n.bail on\n.timeout {int(lock_timeout * 1000)}"
    said = [
        f"Migration of a {title} database from revision {start} to {end}, written by alembic --sql.",
        *notes,
        "",
        f"Run it with: {run_with}",
        *_ONE_OR_SEVERAL[transactions > 1],
        exit_status,
        "A guard counts offending rows into a temporary table whose named CHECK constraint takes 0 only:",
        "the shell prints that name, and the comment above the guard says what to do.",
        "Nothing of the database's rows is written here: only names of the registry, and answers of an operator.",
    ]
    yield comment("\n".join(said))
    if dialect.name == "postgresql":
        says = "Read this file the same way in every session."
        yield f"{comment(says)}\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;"
    else:
        says = "No cascade may take rows along; what foreign keys ask for is checked."
        yield f"{comment(says)}\nPRAGMA foreign_keys = OFF;"


def opening(dialect: Dialect, version: Table, start: Sequence[str], lock: int, lock_timeout: float) -> Iterator[str]:
    """Yield what comes first in the transaction: the locks, and the guard that the script starts where it must."""
    if dialect.name == "postgresql":
        timeout = text(f"SET LOCAL lock_timeout = '{int(lock_timeout * 1000)}ms'")
        yield f"{comment('Do not wait for locks for ever.')}\n{compiled(timeout, dialect)};"
        waiting = text(f"SELECT pg_advisory_xact_lock({lock})")
        yield f"{comment('Wait for any other upgrade of this database.')}\n{compiled(waiting, dialect)};"
    created = compiled(CreateTable(version, if_not_exists=True), dialect)
    yield f"{comment('The table that holds the revision of this database.')}\n{created};"
    words = WORDING["version"]
    check = Check(
        name="rekey_version",
        claim=words.claim.format(start=", ".join(start) or "no revision yet"),
        sentence=words.sentence,
        remedy=words.remedy,
        offending=_other_version(version, start),
    )
    yield guarded(check, dialect)


def _other_version(version: Table, start: Sequence[str]) -> Relation:
    here = select(version.c.version_num)
    if not start:
        return here
    surplus = here.where(version.c.version_num.not_in(start))
    missing = [
        select(literal(revision, Text()).label("version_num")).where(
            not_(exists(here.where(version.c.version_num == revision)))
        )
        for revision in start
    ]
    return select(union_all(surplus, *missing).subquery("rekey_other_version"))

"""What stands around the migrations in a script, header, transaction, locks, the guard of the version; its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import TextIOWrapper
from typing import TextIO

from sqlalchemy import Dialect, Table, Text, exists, literal, not_, select, union_all
from sqlalchemy.schema import CreateTable

from alembic_rekey.errors import ScriptFailed
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.script.compilation import compiled
from alembic_rekey.script.guards import finding, guarded
from alembic_rekey.spec import Check, Relation
from alembic_rekey.sql.dialects import database
from alembic_rekey.text.comments import comment

__all__ = ["ScriptNotes", "hand_over", "header", "opening"]

_ONE_OR_SEVERAL = (
    ("It is one transaction. At the first guard that finds anything it stops, and nothing was changed.",),
    (
        "It is several transactions: an autocommit_block() of a revision commits what came before it.",
        "At the first guard that finds anything it stops, and nothing was changed since the COMMIT above it.",
    ),
)


@dataclass
class ScriptNotes:
    """What the operations of a script want said in its header, and shown after its COMMIT, and what it did so far."""

    header: list[str] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    """The revisions that the database is at when the script gets here."""
    restored: list[tuple[str, str]] = field(default_factory=list)
    """Revision and noun of the runs that it restores."""
    dropped: bool = False
    """It drops what the side tables of all specs share."""
    gone: set[str] = field(default_factory=set)
    """The journals that it drops, by name."""


def header(
    dialect: Dialect,
    start: str,
    end: str,
    notes: Sequence[str],
    lock_timeout: float,
    transactions: int,
    changes: Sequence[str],
) -> Iterator[str]:
    """Yield what stands before BEGIN: how shells must behave, and what the script is, `changes` included."""
    shell = database(dialect.name).shell
    yield from shell.first(lock_timeout)
    said = [
        f"Migration of a {shell.title} database from revision {start} to {end}, written by alembic --sql.",
        *notes,
        "",
        f"Run it with: {shell.run_with}",
        *_ONE_OR_SEVERAL[transactions > 1],
        shell.exit_status,
        "A guard that finds anything says up to twenty of its findings; the shell prints its name and stops, and the "
        "comment above it says what to do. More about a guard: alembic-rekey guide NAME.",
        "Nothing of the database's rows is written here: only names of the registry, and answers of an operator.",
        *(["", "What changes the application's tables has the mark CHANGES, in these lines:"] if changes else ()),
        *changes,
    ]
    yield comment("\n".join(said))
    says, settings = shell.settings
    yield f"{comment(says)}\n{settings}"


def opening(
    dialect: Dialect, version: Table, start: Sequence[str], beside: Sequence[str], lock_timeout: float
) -> Iterator[str]:
    """Yield what comes first in the transaction: the locks, and the guard that the script starts where it must.

    What the database has of the revisions `beside` is all the same to it.
    """
    for says, clause in database(dialect.name).shell.locks(lock_timeout):
        yield f"{comment(says)}\n{compiled(clause, dialect)};"
    created = compiled(CreateTable(version, if_not_exists=True), dialect)
    yield f"{comment('The table that holds the revision of this database.')}\n{created};"
    forbidden = [check("read_only", "", found) for found in database(dialect.name).shell.forbidden()]
    yield from guarded([(made, compiled(finding(made), dialect)) for made in forbidden], dialect)
    words = WORDING["version"]
    other = Check(
        name="rekey_version",
        claim=words.claim.format(start=", ".join(start) or "no revision yet"),
        sentence=words.sentence,
        remedy=words.remedy,
        offending=_other_version(version, start, beside),
    )
    yield from guarded([(other, compiled(finding(other), dialect))], dialect)


def hand_over(script: str, target: TextIO) -> None:
    """Write the whole of a script where it is wanted.

    Raises:
        ScriptFailed: if that takes it only in part, or not at all; then `target` is closed.
    """
    if isinstance(target, TextIOWrapper):
        # As the script says of itself; the console's own encoding may lack a letter of a table's name.
        target.reconfigure(encoding="utf-8")
    try:
        target.write(script)
        target.flush()
    except OSError as error:
        # What is left in it would be tried once more when Python ends.
        with suppress(OSError):
            target.close()
        raise ScriptFailed(str(error.strerror or error)) from error


def _other_version(version: Table, start: Sequence[str], beside: Sequence[str]) -> Relation:
    here = select(version.c.version_num)
    surplus = here.where(version.c.version_num.not_in([*start, *beside])) if start or beside else here
    if not start:
        return surplus
    missing = [
        select(literal(revision, Text()).label("version_num")).where(
            not_(exists(here.where(version.c.version_num == revision)))
        )
        for revision in start
    ]
    return select(union_all(surplus, *missing).subquery("rekey_other_version"))

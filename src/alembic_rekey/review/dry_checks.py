"""Checks of a database that the revisions may not have reached: what a dry run can ask of it, and what it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, TableClause, func, inspect, select
from sqlalchemy.sql.visitors import ExternallyTraversible

from alembic_rekey.errors import Finding, Refused
from alembic_rekey.guard.shape import kept_check, kept_tables, missing_tables, table_checks
from alembic_rekey.guard.triggers import firing
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.rules import DELETED
from alembic_rekey.spec import Check, Part, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.side_tables import is_side_table
from alembic_rekey.sql.steps import findings

__all__ = ["answerable", "exists", "read_per_row", "refuse_missing", "shape_findings", "tables_read", "triggers_fired"]

_MOST_PAGES = 100_000
"""Read in two seconds where all of them are in memory."""


def answerable(connection: Connection, spec: Spec, checks: Iterable[Check]) -> tuple[list[Check], list[str]]:
    """Return the checks that can be asked now, and a note for each of the spec's own that cannot.

    A check of the engine that reads a missing table could find nothing.
    """
    asked, notes = [], []
    # Asked once per table: no table comes or goes while a plan is made.
    here = inspect(connection).has_table
    for made in checks:
        read = list(tables_read(made.offending))
        filled = sorted({one.name for one in read if is_side_table(one.name)})
        missing = sorted({one.name for one in read if not here(one.name, schema=one.schema)} - set(filled))
        if not filled and not missing:
            asked.append(made)
        elif made in spec.checks:
            why = f"{', '.join(filled)}, which the upgrade fills" if filled else f"{', '.join(missing)}, not there yet"
            notes.append(f"the check {made.name} is left to the upgrade: it reads {why}.")
    return asked, notes


def triggers_fired(connection: Connection, parts: Sequence[Part], planned: Planned) -> Iterator[str]:
    """Yield a note of the triggers that the upgrade would fire, if there are any: what they change no plan tells."""
    fired = connection.execute(firing(parts, connection.dialect.name, planned)).all()
    if told := sorted({f"{called} of {table} ({event})" for table, called, event in fired}):
        yield f"triggers fire: {', '.join(told)}. The upgrade refuses what they change beside the plan."


def read_per_row(connection: Connection, spec: Spec, planned: Planned) -> Iterator[str]:
    """Yield a note per foreign key for which the database would read a big table once per row that goes."""
    asked = database(connection.dialect.name).survey
    for part in spec.deletable:
        if found := asked.unindexed(connection, part.table):
            lines = planned[part]
            going = select(func.count()).select_from(lines).where(lines.c.rekey_action.in_(sorted(DELETED)))
            rows = connection.execute(going).scalar_one()
            for each in found:
                if rows * each.pages > _MOST_PAGES:
                    yield (
                        f"{each.child} ({each.columns}) refers to {part.table.name} and has no index that begins so: "
                        f"the database reads all {each.pages:,} pages of it for each of the {rows:,} rows that go. "
                        "Make one first (CREATE INDEX CONCURRENTLY)."
                    )


def tables_read(whole: ExternallyTraversible) -> Iterator[TableClause]:
    """Yield the tables that `whole` reads.

    Each element is looked at once: relations share what they are made of, and as a tree they would grow without end.
    """
    seen, waiting = {id(whole): whole}, [whole]
    while waiting:
        one = waiting.pop()
        if isinstance(one, TableClause):
            yield one
        new = [child for child in one.get_children() if id(child) not in seen]
        seen |= {id(child): child for child in new}
        waiting += new


def exists(connection: Connection, wanted: TableClause) -> bool:
    """Tell whether the database has the table."""
    return inspect(connection).has_table(wanted.name, schema=wanted.schema)


def refuse_missing(connection: Connection, spec: Spec) -> None:
    """Refuse a plan of tables that the database does not have.

    Raises:
        Refused: naming each of them.
    """
    if faults := list(findings(connection, [missing_tables(spec.parts, connection.dialect.name)])):
        raise Refused(_cannot(spec), faults)


def shape_findings(connection: Connection, spec: Spec, there: Sequence[Part]) -> tuple[Finding, ...]:
    """Return what is wrong with the columns; the journals are asked about where they are made already.

    Raises:
        Refused: if a table has other columns than a plan can be made of.
    """
    dialect = connection.dialect.name
    asked = table_checks(spec, there, dialect) if there else []
    unreadable = (
        "rekey_missing_column",
        "rekey_reserved_name",
        "rekey_time_type",
        "rekey_no_label",
        "rekey_reference_type",
        "rekey_not_text",
        "rekey_row_security",
        "rekey_foreign_partition",
    )
    found = list(findings(connection, asked))
    if faults := [finding for finding in found if finding.check in unreadable]:
        raise Refused(_cannot(spec), faults)
    has_table = inspect(connection).has_table
    made = {name: source for name, source in kept_tables(there).items() if has_table(name)}
    if made:
        found += findings(connection, [kept_check(made, dialect)])
    return tuple(found)


def _cannot(spec: Spec) -> str:
    return f"revision {spec.revision} cannot be planned"

"""`op.create_side_tables(…)`, `op.drop_side_tables(…)`, `op.drop_empty_tables(…)`: what is DDL in a revision."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from alembic.operations import MigrateOperation, Operations
from sqlalchemy import ColumnElement, Table, and_, exists, inspect, literal, not_, or_, select
from sqlalchemy.schema import DropTable

from alembic_rekey.guard.checks import any_rows, check
from alembic_rekey.guard.claims.tables import astray
from alembic_rekey.guard.shape import missing_tables, reserved_names
from alembic_rekey.guard.stored import columns_in
from alembic_rekey.operations.context import carry_out, noted, specs_in_force
from alembic_rekey.operations.surroundings import invoked
from alembic_rekey.plan.judged import key_text, keys_of, same_key
from alembic_rekey.plan.rules import DELETED
from alembic_rekey.spec import Part, Relation, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.equality import SameRow
from alembic_rekey.sql.side_tables import (
    create_side_tables,
    drop_side_tables,
    journal,
    journal_name,
    kept_names,
    metadata,
    redirects,
    runs,
)
from alembic_rekey.sql.steps import Guard, Statement, Step

__all__ = ["CreateSideTables", "DropEmptyTables", "DropSideTables"]


@Operations.register_operation("create_side_tables")
class CreateSideTables(MigrateOperation):
    """Create the side tables and the journals of a spec's tables; DDL only."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    @classmethod
    def create_side_tables(cls, operations: Operations, spec: Spec) -> None:
        """Create `rekey_run` and its like, and a journal in the shape of each table of `spec`; what exists stays.

        A journal serves every spec of its table: all of them name the same key.
        """
        invoked(operations, cls(spec))

    def reverse(self) -> DropSideTables:
        """Return the operation that takes them away."""
        return DropSideTables(self.spec)


@Operations.register_operation("drop_side_tables")
class DropSideTables(MigrateOperation):
    """Drop the side tables and the journals of a spec's tables."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    @classmethod
    def drop_side_tables(cls, operations: Operations, spec: Spec) -> None:
        """Drop the journals of the spec's tables and what was created, and `rekey_run` and its like.

        What another spec needs stays: one of this revision that is not restored yet, or of one before it.

        Raises:
            Refused: if the spec's own run was not restored.
        """
        invoked(operations, cls(spec))


@Operations.register_operation("drop_empty_tables")
class DropEmptyTables(MigrateOperation):
    """Drop tables, and refuse if one of them holds a row."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self.tables = tuple(tables)

    @classmethod
    def drop_empty_tables(cls, operations: Operations, tables: Iterable[Table]) -> None:
        """Drop `tables` in their order.

        Raises:
            Refused: if one of them holds a row; none is dropped then.
        """
        invoked(operations, cls(tables))


@Operations.implementation_for(CreateSideTables)
def _create_side_tables(operations: Operations, operation: CreateSideTables) -> None:
    dialect = operations.migration_context.dialect.name
    parts = operation.spec.parts
    asked = (*astray(dialect), missing_tables(parts, dialect), reserved_names(parts, dialect))
    steps: list[Step] = [Guard(made) for made in asked]
    steps += [Statement("Make a side table.", ddl) for ddl in create_side_tables(parts)]
    keyless = [redirects.name, *(name for part in parts for name in kept_names(part))]
    says = "Let it be updated where every table is published."
    steps += [Statement(says, ddl) for ddl in database(dialect).replicated(keyless)]
    carry_out(operations, steps, "the journals cannot be made")
    if operations.migration_context.as_sql:
        noted(operations).dropped = False


@Operations.implementation_for(DropSideTables)
def _drop_side_tables(operations: Operations, operation: DropSideTables) -> None:
    spec = operation.spec
    needing = _needing(operations, spec)
    needed = {name for other in needing for part in other.parts for name in kept_names(part)}
    needed |= {*metadata.tables} if needing else set()
    steps: list[Step] = []
    if not _is_gone(operations):
        of_others = or_(*(_of(other) for other in needing)) if needing else None
        unrestored = select(runs.c.id, runs.c.revision).where(runs.c.outcome == "applied")
        unrestored = unrestored if of_others is None else unrestored.where(not_(of_others))
        steps.append(Guard(check("journal_needed", "", unrestored)))
        alone = map(_only_copy, _going(operations, spec, needing))
        steps += [Guard(check("only_copy", str(number), rows)) for number, rows in enumerate(alone)]
    steps += [Statement("Drop a side table.", ddl) for ddl in drop_side_tables(spec.parts, needed)]
    carry_out(operations, steps, "the side tables are still needed")
    if operations.migration_context.as_sql:
        noted(operations).dropped |= not needing
        noted(operations).gone |= {name for part in spec.parts for name in kept_names(part)} - needed


def _going(operations: Operations, spec: Spec, needing: Collection[Spec]) -> list[Part]:
    """Return the parts whose journals are there and go now, or by a later drop, which cannot ask for runs any more."""
    waiting = {*map(_named, needing)}
    specs = [spec, *(other for other in specs_in_force(operations) if _named(other) not in waiting)]
    parts = {journal_name(part.table): part for other in specs for part in other.parts if part.deletable}
    if operations.migration_context.as_sql:
        return [part for name, part in parts.items() if name not in noted(operations).gone]
    there = inspect(operations.get_bind()).has_table
    return [part for name, part in parts.items() if there(name)]


def _only_copy(part: Part) -> Relation:
    """Return what a run that was restored in part deleted and what is not in its table as it was: no other has it."""
    kept = journal(part)
    names = [str(known.name) for known in part.table.columns]
    same = SameRow(columns_in(kept, names), columns_in(part.table, names))
    there = exists(select(1).select_from(part.table).where(same_key(part.keys, keys_of(part, kept)), same))
    return (
        select(runs.c.id, literal(str(part.table.name)).label("table"), key_text(keys_of(part, kept)).label("key"))
        .join_from(runs, kept, kept.c.rekey_run == runs.c.id)
        .where(runs.c.outcome == "partly restored", kept.c.rekey_action.in_(sorted(DELETED)), not_(there))
    )


def _needing(operations: Operations, spec: Spec) -> Collection[Spec]:
    """Return the specs of revisions which the database still has that have a run to be restored.

    A script cannot ask for their runs: of those that it did not restore itself, each counts.
    """
    others = [other for other in specs_in_force(operations) if _named(other) != _named(spec)]
    if operations.migration_context.as_sql:
        return [other for other in others if _named(other) not in noted(operations).restored]
    if not others or _is_gone(operations):
        return ()
    waiting = select(runs.c.revision, runs.c.noun).where(runs.c.outcome.in_(("applied", "empty")))
    found = {(revision, noun) for revision, noun in operations.get_bind().execute(waiting)}
    return [other for other in others if _named(other) in found]


def _named(spec: Spec) -> tuple[str, str]:
    return spec.revision, spec.identity.noun


def _of(spec: Spec) -> ColumnElement[bool]:
    revision, noun = _named(spec)
    return and_(runs.c.revision == revision, runs.c.noun == noun)


def _is_gone(operations: Operations) -> bool:
    """Tell whether another spec's side tables were dropped, and with them what all specs share."""
    if operations.migration_context.as_sql:
        return noted(operations).dropped
    return not inspect(operations.get_bind()).has_table(runs.name)


@Operations.implementation_for(DropEmptyTables)
def _drop_empty_tables(operations: Operations, operation: DropEmptyTables) -> None:
    steps: list[Step] = []
    for number, table in enumerate(operation.tables):
        held = any_rows([literal(str(table.name)).label("table")], table)
        steps.append(Guard(check("table_holds_rows", str(number), held)))
    steps += [Statement(f"Drop {table.name}, which is empty.", DropTable(table)) for table in operation.tables]
    carry_out(operations, steps, "a downgrade would drop rows")

"""`op.create_side_tables(…)`, `op.drop_side_tables(…)`, `op.drop_empty_tables(…)`: what is DDL in a revision."""

from __future__ import annotations

from collections.abc import Iterable

from alembic.operations import MigrateOperation, Operations
from sqlalchemy import Table, func, literal, select
from sqlalchemy.schema import DropTable

from alembic_rekey.guard.checks import check
from alembic_rekey.guard.shape import reserved_names
from alembic_rekey.operations.context import carry_out
from alembic_rekey.spec import Spec
from alembic_rekey.sql.side_tables import create_side_tables, drop_side_tables, runs
from alembic_rekey.sql.steps import Guard, Statement, Step

__all__ = ["CreateSideTables", "DropEmptyTables", "DropSideTables"]


@Operations.register_operation("create_side_tables")
class CreateSideTables(MigrateOperation):
    """Create the side tables and the journals of a spec's tables; DDL only."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    @classmethod
    def create_side_tables(cls, operations: Operations, spec: Spec) -> None:
        """Create `rekey_run`, `rekey_count`, `rekey_alias` and a journal in the shape of each table of `spec`."""
        operations.invoke(cls(spec))

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
        """Drop the journals of the tables, what was created, `rekey_alias`, `rekey_count` and `rekey_run`."""
        operations.invoke(cls(spec))


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
        operations.invoke(cls(tables))


@Operations.implementation_for(CreateSideTables)
def _create_side_tables(operations: Operations, operation: CreateSideTables) -> None:
    dialect = operations.migration_context.dialect.name
    parts = operation.spec.parts
    steps: list[Step] = [Guard(reserved_names(parts, dialect))]
    steps += [Statement("Make a side table.", ddl) for ddl in create_side_tables(parts)]
    carry_out(operations, steps, "the journals cannot be made")


@Operations.implementation_for(DropSideTables)
def _drop_side_tables(operations: Operations, operation: DropSideTables) -> None:
    unrestored = select(runs.c.id, runs.c.revision).where(runs.c.outcome == "applied")
    steps: list[Step] = [Guard(check("journal_needed", "", unrestored))]
    steps += [Statement("Drop a side table.", ddl) for ddl in drop_side_tables(operation.spec.parts)]
    carry_out(operations, steps, "the side tables are still needed")


@Operations.implementation_for(DropEmptyTables)
def _drop_empty_tables(operations: Operations, operation: DropEmptyTables) -> None:
    steps: list[Step] = []
    for number, table in enumerate(operation.tables):
        rows = select(literal(str(table.name)).label("table"), func.count().label("rows")).select_from(table)
        steps.append(Guard(check("table_holds_rows", str(number), rows.having(func.count() > 0))))
    steps += [Statement(f"Drop {table.name}, which is empty.", DropTable(table)) for table in operation.tables]
    carry_out(operations, steps, "a downgrade would drop rows")

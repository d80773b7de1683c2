"""Whether the database has a foreign key between two columns, asked where a statement runs: online and in a script."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, Text, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from alembic_rekey.sql.expressions import quoted

__all__ = ["Refers"]


class Refers(ColumnElement[bool]):
    """There is a foreign key of the column `child` alone that leads to the column `parent`."""

    inherit_cache = False
    type = Boolean()
    # A condition as it stands: SQLAlchemy would compare it with 1 on SQLite.
    _is_implicitly_boolean = True

    def __init__(self, child: Column[Any], parent: Column[Any]) -> None:
        self.child = child
        self.parent = parent


@compiles(Refers, "sqlite")
def _refers_sqlite(element: Refers, compiler: SQLCompiler, **kw: Any) -> str:
    child, column, parent, target = (
        compiler.process(literal(str(name), Text()), **kw)
        for name in (element.child.table.name, element.child.name, element.parent.table.name, element.parent.name)
    )
    return (
        f"EXISTS (SELECT 1 FROM pragma_foreign_key_list({child}) AS fk "  # noqa: S608  # literals that SQLAlchemy wrote
        f'WHERE lower(fk."table") = lower({parent}) AND lower(fk."from") = lower({column}) '
        f'AND lower(fk."to") = lower({target}))'
    )


@compiles(Refers, "postgresql")
def _refers_postgresql(element: Refers, compiler: SQLCompiler, **kw: Any) -> str:
    child, column, parent, target = (
        compiler.process(literal(str(name), Text()), **kw)
        for name in (
            quoted(element.child.table.name, element.child.table.schema),
            element.child.name,
            quoted(element.parent.table.name, element.parent.table.schema),
            element.parent.name,
        )
    )
    place = "(SELECT array_agg(attnum) FROM pg_catalog.pg_attribute WHERE attrelid = {} AND attname = {})"
    return (
        "EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS fk WHERE fk.contype = 'f' "  # noqa: S608  # the same
        f"AND fk.conrelid = to_regclass({child}) AND fk.confrelid = to_regclass({parent}) "
        f"AND fk.conkey = {place.format('fk.conrelid', column)} "
        f"AND fk.confkey = {place.format('fk.confrelid', target)})"
    )

"""Foreign keys that lead nowhere: SQLite checks none while a run changes rows, so they are held against before.

Asked are the folded tables and those that refer to them: a mistake in the key of another table is none of ours.
"""

from __future__ import annotations

from sqlalchemy import (
    MetaData,
    Subquery,
    Table,
    column,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.schema import CreateTableAs, DropTable

from alembic_rekey.guard.checks import check
from alembic_rekey.spec import Relation, Spec
from alembic_rekey.sql.steps import Guard, Statement, Step

__all__ = ["foreign_keys_before", "foreign_keys_broken"]

_FIELDS = ("table", "rowid", "parent", "fkid", "rows")
_BROKEN = table("rekey_broken_before", *map(column, _FIELDS))


def foreign_keys_before(spec: Spec, dialect: str) -> list[Step]:
    """Return the step that notes the foreign keys that lead nowhere already; PostgreSQL lets none do that."""
    if dialect != "sqlite":
        return []
    says = "Note the rows whose foreign keys lead nowhere already."
    return [Statement(says, CreateTableAs(select(_leading_nowhere(spec)), _BROKEN.name, temporary=True))]


def foreign_keys_broken(spec: Spec, dialect: str) -> list[Step]:
    """Return the guards that the same foreign keys lead nowhere as before: no more, and none less.

    One that leads somewhere now could not be made to lead nowhere again by the way back.
    """
    if dialect != "sqlite":
        return []
    found, known = select(_leading_nowhere(spec)), select(_BROKEN)
    return [
        Guard(check("foreign_key_broken", "", _surplus(found, known))),
        Guard(check("foreign_key_mended", "", _surplus(known, found))),
        Statement("Drop what was noted.", DropTable(Table(_BROKEN.name, MetaData()))),
    ]


def _surplus(some: Relation, others: Relation) -> Relation:
    return select(some.except_(others).subquery("rekey_surplus"))


def _leading_nowhere(spec: Spec) -> Subquery:
    """Return the rows that refer to nothing; a table without row numbers tells only how many they are."""
    folded = [func.lower(literal(str(part.table.name))) for part in spec.parts]
    known = table("sqlite_master", column("type"), column("name")).alias("rekey_known")
    key = func.pragma_foreign_key_list(known.c.name).table_valued("table", name="rekey_key")
    refers = exists(select(literal_column("1")).select_from(key).where(func.lower(key.c.table).in_(folded)))
    related = (
        select(known.c.name)
        .where(known.c.type == "table", or_(func.lower(known.c.name).in_(folded), refers))
        .cte("rekey_related")
    )
    found = func.pragma_foreign_key_check(related.c.name).table_valued(*_FIELDS[:-1], name="rekey_found")
    fields = [found.c[name] for name in _FIELDS[:-1]]
    counted = select(*fields, func.count().label("rows")).select_from(related.join(found, true()))
    return counted.group_by(*fields).subquery("rekey_nowhere")

"""Which rows hang on rows that the plan acts on, by one foreign key."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import FromClause, and_, column, func, literal, select, table

from alembic_rekey.guard.foreign_keys import ForeignKey
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.judged import key_text, keys_of, same_key
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Part, Relation

__all__ = ["hanging", "referring"]


def referring(key: ForeignKey, own: Part | None) -> FromClause:
    """Return the table that refers, with the columns of the key of `own` where it is one of ours."""
    fields = {*key.columns, *(known.name for known in (own.keys if own else ()))}
    # Aliases: the key may refer to its own table.
    return table(key.child, *map(column, fields), schema=key.schema).alias("rekey_child")


def hanging(key: ForeignKey, child: FromClause, part: Part, planned: Planned, actions: Sequence[Action]) -> Relation:
    """Return the rows of `part` that `actions` act on, with how many of `child` hang on each."""
    gone = planned[part]
    keys = keys_of(part, gone)
    # The parent's own column carries the value: one that the revision does not know is in no plan relation.
    names = {*(known.name for known in part.keys), *key.referred}
    parent = table(key.parent, *(column(name) for name in names), schema=key.parent_schema).alias("rekey_parent")
    pairs = zip(key.columns, key.referred, strict=True)
    return (
        select(
            literal(str(key.child)).label("child"),
            literal(str(part.table.name)).label("table"),
            key_text(keys).label("key"),
            gone.c.rekey_action.label("action"),
            literal(", ".join(key.columns)).label("columns"),
            func.count().label("rows"),
        )
        .join_from(gone, parent, same_key(keys_of(part, parent), keys))
        # The parent on the left: on SQLite a foreign key compares as the column that it leads to.
        .join(child, and_(*(parent.c[target] == child.c[field] for field, target in pairs)))
        .where(gone.c.rekey_action.in_([action.value for action in actions]))
        .group_by(*keys, gone.c.rekey_action)
        .order_by(*keys)
    )

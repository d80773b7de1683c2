"""Rows that stand where another would come back, as a unique index says: two cannot be there, and this one stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Subquery,
    and_,
    case,
    false,
    literal_column,
    not_,
    or_,
    select,
)

from alembic_rekey.back.backward import Backward
from alembic_rekey.back.hindered.refused import refused
from alembic_rekey.back.judged import unedited
from alembic_rekey.guard.stored import Stored, columns_in
from alembic_rekey.plan.becoming import new_key
from alembic_rekey.plan.judged import alike, among, keys_of, missing_in, numbered, same_key
from alembic_rekey.spec import Part, Relation
from alembic_rekey.sql.dialects.constraints import UniqueIndex

__all__ = ["leaving_unedited", "rivals"]


def rivals(
    part: Part,
    indexes: Sequence[UniqueIndex],
    stored: Stored,
    rows: FromClause,
    leaving: Relation,
    *,
    now: Sequence[ColumnElement[Any]] = (),
    coming: ColumnElement[bool] | None = None,
) -> Iterator[ColumnElement[bool]]:
    """Yield per index the condition that another row stands, and stays, where one of `rows` comes back.

    `rows` are as they were, `now` the key by which one is found that is still there; `coming` says which of them count.
    `leaving` are the keys, as they are now, of rows that leave as well.
    """
    names, keys = stored.columns[part.noun], keys_of(part, rows)
    for index in indexes:
        found_by = [*numbered("rekey_key", keys), *numbered("rekey_now", now)]
        were: Relation = select(*found_by, *columns_in(rows, names))
        before = _compared(part, index, were if coming is None else were.where(coming))
        standing = _compared(part, index, select(*numbered("rekey_now", part.keys), *columns_in(part.table, names)))
        at = alike(standing, "rekey_now")
        held = select(*alike(before, "rekey_key")).join_from(before, standing, _one(index, before, standing))
        if now:
            held = held.where(not_(same_key(at, alike(before, "rekey_now"))))
        yield among(keys, held.where(missing_in(at, leaving)))


def _compared(part: Part, index: UniqueIndex, rows: Relation) -> Subquery:
    """Return the keys of `rows`, and what the index compares of each, of those that it is about."""
    # By the table's own name: the text of an index may say it.
    source = rows.subquery(str(part.table.name))
    terms: list[ColumnElement[Any]] = [literal_column(said) for said in index.expressions]
    keys = [known for known in source.c if known.name.startswith(("rekey_key_", "rekey_now_"))]
    chosen: Relation = select(*keys, *numbered("rekey_term", terms)).select_from(source)
    return (chosen if index.condition is None else chosen.where(literal_column(f"({index.condition})"))).subquery()


def _one(index: UniqueIndex, some: FromClause, others: FromClause) -> ColumnElement[bool]:
    pairs = zip(alike(some, "rekey_term"), alike(others, "rekey_term"), strict=True)
    return and_(*(mine == its if index.nulls_differ else mine.is_not_distinct_from(its) for mine, its in pairs))


def leaving_unedited(part: Part, backward: Backward) -> Relation:
    """Return the keys, as they are now, of the rows of `part` that the run changed, and that are as it left them.

    Of these, none that its table would refuse: it stays.
    One that it made stood beside all rows as they were: it hinders none of them.
    """
    lines, new = backward.lines[part]
    mine = select(lines).subquery("rekey_leaving")
    values = {name: mine.c[value.name] for name, value in new.items()}
    now = new_key(part, mine, values)
    unchanged = unedited(part, mine, values, backward.stored, backward.run)
    if refusing := [*refused(part, backward, mine)]:
        unchanged = case((unchanged, not_(or_(*refusing))), else_=false())
    return select(*numbered("now", now)).join_from(mine, part.table, same_key(part.keys, now)).where(unchanged)

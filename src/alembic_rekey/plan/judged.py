"""How the tables of `rules` become relations: facts, the CASE expression that decides, and the row itself beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Integer,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    over,
    select,
    tuple_,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse

from alembic_rekey.plan.rules import Rule
from alembic_rekey.spec import Part, Relation
from alembic_rekey.sql.equality import NotAmong
from alembic_rekey.sql.expressions import EveryColumn
from alembic_rekey.sql.side_tables import to_name

__all__ = [
    "about",
    "alike",
    "all_columns",
    "among",
    "as_read",
    "decided",
    "flag",
    "held",
    "holding",
    "key_text",
    "keys_of",
    "leads_of",
    "missing_in",
    "numbered",
    "same_key",
    "so_far",
    "with_original",
]


def flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Return 1 where `condition` holds, else 0: NULL holds nowhere."""
    return case((condition, 1), else_=0)


def holding(when: Mapping[str, int], facts: FromClause) -> ColumnElement[bool] | None:
    """Return the condition that all is as `when` says, None if it cannot be: a fact that is not there is 0."""
    if any(wanted and name not in facts.c for name, wanted in when.items()):
        return None
    return and_(*(facts.c[name] == wanted for name, wanted in when.items() if name in facts.c))


def decided(rules: Sequence[Rule], facts: FromClause) -> ColumnElement[str]:
    """Return the action of each row of `facts`: the first of `rules` that holds tells it."""
    lines = [(holding(rule.when, facts), literal(rule.action.value)) for rule in rules]
    return case(*((holds, action) for holds, action in lines if holds is not None), else_=null())


def so_far(function: FunctionElement[Any], group: Sequence[Any], order: Sequence[Any]) -> ColumnElement[Any]:
    """Return `function` over the rows of `group` up to the row itself.

    One frame for all of a select, so that the database sorts once; SQLite keeps no row back for it.
    """
    return over(function, partition_by=group, order_by=order, rows=(None, 0))


def numbered(prefix: str, columns: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """Return `columns`, named `prefix_0`, `prefix_1` and so on."""
    return [known.label(f"{prefix}_{place}") for place, known in enumerate(columns)]


def alike(source: FromClause, prefix: str) -> list[ColumnElement[Any]]:
    """Return the columns of `source` that `numbered` named so."""
    return [known for known in source.c if known.name.startswith(f"{prefix}_")]


def held(source: FromClause, known: Column[Any]) -> ColumnElement[Any]:
    """Return the column `known` of a table as `source` has it: the table, an alias, or a relation with its columns."""
    is_table = source is known.table or getattr(source, "element", None) is known.table
    return source.c[known.key] if is_table else source.c[known.name]


def keys_of(part: Part, source: FromClause) -> list[ColumnElement[Any]]:
    """Return the key of `part` as `source` has it: its table, an alias of that, or a relation with its columns."""
    return [held(source, known) for known in part.keys]


def leads_of(part: Part, source: FromClause) -> list[ColumnElement[Any]]:
    """Return where a row of `part` leads, as a plan or a journal has it."""
    return [source.c[to_name(known)] for known in part.keys]


def about(expression: ColumnElement[Any], values: Mapping[Column[Any], ColumnElement[Any]]) -> ColumnElement[Any]:
    """Return an expression of a spec with `values` in the place of the columns of its table."""

    def replaced(element: ExternallyTraversible, **_: Any) -> ExternallyTraversible | None:
        return values.get(element) if isinstance(element, Column) else None

    made: ColumnElement[Any] = replacement_traverse(expression, {}, replaced)
    return made


def same_key(some: Sequence[ColumnElement[Any]], others: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Return the condition that two keys are one."""
    return and_(*(one == other for one, other in zip(some, others, strict=True)))


def among(keys: Sequence[ColumnElement[Any]], rows: Relation) -> ColumnElement[bool]:
    """Tell whether `rows` have these keys: they are asked once, and not once per key.

    Of EXISTS, which is asked per key, SQLite reads the whole table each time unless that has an index: no more rows
    than a thousand would pass in good time.
    """
    return (tuple_(*keys) if len(keys) > 1 else keys[0]).in_(rows.correlate(None))


def missing_in(keys: Sequence[ColumnElement[Any]], rows: Relation) -> ColumnElement[bool]:
    """Tell whether `rows` have not these keys, no column of which is NULL there."""
    found = rows.subquery("rekey_found")
    stands = exists(select(literal(1)).select_from(found).where(same_key(list(found.columns)[: len(keys)], keys)))
    # No NOT IN: of keys of several columns SQLite reads all rows for each to see whether there is a NULL.
    return NotAmong(flag(among(keys, rows)) == 0, not_(stands))


def key_text(keys: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """Return a key as findings show it: itself, or the texts of its columns."""
    if len(keys) == 1:
        return keys[0]
    first, *others = (func.coalesce(cast(key, Text), "NULL") for key in keys)
    text: ColumnElement[Any] = first
    for other in others:
        text = text + literal(", ") + other
    return text


def with_original(chosen: Relation, part: Part) -> Relation:
    """Join what was decided per key, its first columns, with the row itself, all of its columns as they stand.

    `chosen` has `key_0` and so on, `action`, `canonical`, and where there is something to say `place` and `to_0` on.
    """
    # SQLite finds rows through the index of their keys, here and all along: in its order, a page is read once.
    # To sort the keys alone costs a fraction of sorting the rows. Without a limit SQLite leaves the order out.
    in_order = chosen.suffix_with("ORDER BY 1 LIMIT -1", dialect="sqlite")
    made = in_order.cte(f"rekey_decided_{part.noun}").prefix_with("MATERIALIZED", dialect="sqlite")
    original = part.table.alias("rekey_original")
    keys = keys_of(part, original)
    return all_columns(made, part).join_from(made, original, same_key(keys, alike(made, "key")))


def all_columns(chosen: FromClause, part: Part) -> Relation:
    """Return what was decided before all columns of `rekey_original`, known or not: a line of the journal."""
    place = chosen.c.place if "place" in chosen.c else None
    every: ColumnElement[Any] = literal_column("rekey_original.*")
    leads = alike(chosen, "to") or _nowhere(alike(chosen, "key"))
    return _line(part, chosen.c.action, chosen.c.canonical, every, leads, place)


def as_read(part: Part, action: ColumnElement[Any], canonical: ColumnElement[Any]) -> Relation:
    """Return the lines of rows of the table itself, about each of which is decided as it is read."""
    return _line(part, action, canonical, EveryColumn(part.table), _nowhere(part.keys))


def _nowhere(keys: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """Return no key, of the types that the database has: a UUID may be declared as text."""
    return [case((false(), key)) for key in keys]


def _line(
    part: Part,
    action: ColumnElement[Any],
    canonical: ColumnElement[Any],
    every: ColumnElement[Any],
    leads: Sequence[ColumnElement[Any]],
    place: ColumnElement[Any] | None = None,
) -> Relation:
    return select(
        action.label("rekey_action"),
        canonical.label("rekey_canonical"),
        (cast(null(), Integer) if place is None else place).label("rekey_place"),
        *(lead.label(to_name(known)) for known, lead in zip(part.keys, leads, strict=True)),
        every,
    )

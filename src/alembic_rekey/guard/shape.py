"""What the catalog says: checks that journal, table and revision agree in their columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import (
    CTE,
    Connection,
    FromClause,
    Integer,
    String,
    Table,
    Text,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
    values,
)

from alembic_rekey.guard.checks import check
from alembic_rekey.guard.claims.tables import always_made, label_claims, reference_types, table_claims
from alembic_rekey.guard.claims.times import time_types
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Check, Part, Relation, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.expressions import quoted
from alembic_rekey.sql.registry_text import RegistryText
from alembic_rekey.sql.side_tables import bookkeeping, journal_name, kept_names
from alembic_rekey.sql.steps import Kindred

__all__ = [
    "catalog",
    "column_undeclared",
    "columns_of",
    "declared_columns",
    "generated_undeclared",
    "kept_check",
    "kept_tables",
    "missing_tables",
    "reserved_names",
    "shape_checks",
    "stored_columns",
    "surplus_columns",
    "table_checks",
    "unfilled",
]


def missing_tables(parts: Sequence[Part], dialect: str) -> Check:
    """Return the check that must pass before anything reads the tables of `parts`: they are there."""
    declared = _listed([*dict.fromkeys((str(part.table.name),) for part in parts)], "rekey_declared_table", "table")
    absent = select(declared.c.table).where(declared.c.table.not_in(select(stored_columns(parts, dialect).c.table)))
    return check("missing_table", "", absent)


def reserved_names(parts: Sequence[Part], dialect: str) -> Check:
    """Return the check that must pass before journals of `parts` can be made: no column is named like theirs."""
    return _reserved_names(parts, stored_columns(parts, dialect), dialect)


def shape_checks(spec: Spec, dialect: str) -> list[Check]:
    """Return the checks that must pass before the plan may be inserted into the journals."""
    return [*table_checks(spec, spec.parts, dialect), kept_check(kept_tables(spec.parts), dialect)]


def table_checks(spec: Spec, parts: Sequence[Part], dialect: str) -> list[Check]:
    """Return the checks of the tables of `parts` alone: a plan asks them before there is any journal."""
    stored, wanted = stored_columns(parts, dialect), declared_columns(parts)
    missing = (
        select(wanted.c.table, wanted.c.name.label("column"))
        .join_from(wanted, stored, (stored.c.table == wanted.c.table) & (stored.c.name == wanted.c.name), isouter=True)
        .where(stored.c.name.is_(None))
    )
    of_columns = [
        check("missing_column", "", missing),
        _reserved_names(parts, stored, dialect),
        *time_types(parts, stored, dialect),
        *label_claims(parts, stored, dialect),
        *reference_types(spec, parts, stored, dialect),
        always_made(spec, parts, stored),
    ]
    return [*(Kindred.of("columns", made) for made in of_columns), *table_claims(parts, dialect)]


def generated_undeclared(parts: Sequence[Part], dialect: str, whole: Iterable[Part]) -> Check:
    """Return the check that every column which the database generates is declared so: a script cannot ask first.

    Those that the revision does not know matter in the tables of `whole`, whose rows it puts back or compares.
    """
    stored, declared = stored_columns(parts, dialect), declared_columns(parts)
    same = (declared.c.table == stored.c.table) & (declared.c.name == stored.c.name)
    said = [
        (str(part.table.name), str(known.name))
        for part in parts
        for known in part.table.columns
        if known.computed is not None
    ]
    of_these = stored.c.table.in_([str(part.table.name) for part in whole])
    generated = (
        select(stored.c.table, stored.c.name.label("column"))
        .join_from(stored, declared, same, isouter=True)
        .where(stored.c.generated == 1, or_(declared.c.name.is_not(None), of_these))
    )
    if said:
        generated = generated.where(tuple_(stored.c.table, stored.c.name).not_in(said))
    return check("generated_column", "", generated)


def column_undeclared(parts: Sequence[Part], dialect: str) -> Iterator[Check]:
    """Yield the check that tables with a generated column are declared whole: a script puts their rows back by name."""
    whole = [
        part for part in parts if part.deletable and any(known.computed is not None for known in part.table.columns)
    ]
    if whole:
        stored, declared = stored_columns(parts, dialect), declared_columns(parts)
        same = (declared.c.table == stored.c.table) & (declared.c.name == stored.c.name)
        surplus = select(stored.c.table, stored.c.name.label("column")).join_from(stored, declared, same, isouter=True)
        of_these = stored.c.table.in_([str(part.table.name) for part in whole])
        yield check("column_undeclared", "", surplus.where(of_these, declared.c.name.is_(None)))


def kept_tables(parts: Iterable[Part]) -> dict[str, Part]:
    """Return the side tables that keep rows of `parts`, by name, with the part whose rows they keep."""
    return {name: part for part in parts for name in kept_names(part)}


def kept_check(kept: Mapping[str, Part], dialect: str) -> Check:
    """Return the check that side tables have the shape of the tables whose rows they keep (see `kept_tables`).

    In front stand our own columns, last those of the key that the part names: the key of every spec of that table.
    """
    places = {name: list(enumerate(bookkeeping(part), start=1))[-len(part.keys) :] for name, part in kept.items()}
    rows = [(str(kept[name].table.name), name, own, str(place)) for name, keys in places.items() for place, own in keys]
    first = min(place for keys in places.values() for place, _ in keys)
    own_keys = _listed(rows, "rekey_leading", "source", "kept", "name", "place")
    at = cast(own_keys.c.place, Integer)
    pair = own_keys.c.source, own_keys.c.kept
    pairs = select(*pair, func.max(at).label("own")).group_by(*pair).cte("rekey_kept_pair")
    every = {part.table: (part.table.name, part.table.schema) for part in kept.values()}
    found = catalog([*every.values(), *((name, None) for name in kept)], dialect)
    own, copy = found.alias("rekey_own"), found.alias("rekey_copy")
    moved = select(
        pairs.c.source, pairs.c.kept, own.c.name, (own.c.place + pairs.c.own).label("place"), own.c.type
    ).join_from(pairs, own, own.c.table == pairs.c.source)
    leading = select(*pair, own_keys.c.name, at, cast(null(), Text))
    wanted = union_all(moved, leading).cte("rekey_wanted")
    stored = select(
        *(pairs.c.source, pairs.c.kept, copy.c.name, copy.c.place),
        case((copy.c.place > pairs.c.own, copy.c.type)).label("type"),
    ).join_from(pairs, copy, and_(copy.c.table == pairs.c.kept, copy.c.place >= first))
    there = stored.cte("rekey_stored")
    different = union_all(
        select(select(wanted).except_(select(there)).subquery("rekey_lacking")),
        select(select(there).except_(select(wanted)).subquery("rekey_surplus")),
    ).subquery("rekey_different")
    named = select(*(different.c[at].label(name) for at, name in enumerate(("table", "journal", "column")))).distinct()
    each = named.subquery("rekey_each")
    own_type, kept_type = wanted.c.type, there.c.type
    what = case(
        (there.c.name.is_(None), "the journal lacks it"),
        (wanted.c.name.is_(None), "the table lacks it"),
        (wanted.c.place != there.c.place, "it stands in another place there"),
        else_=literal("it is ") + own_type + literal(" in the table and ") + kept_type + literal(" in the journal"),
    )
    of_table, of_journal = (
        and_(*(one == other for one, other in zip(each.c, side.c, strict=False))) for side in (wanted, there)
    )
    said = select(each, what.label("what")).join_from(each, wanted, of_table, isouter=True)
    return check("journal_shape", "", said.join(there, of_journal, isouter=True))


def unfilled(spec: Spec, dialect: str, planned: FromClause) -> Check:
    """Return the check that a created row has a value for every column that needs one; `planned` is the identity's."""
    identity = spec.identity
    made = identity.creating
    given = [name for name in identity.given_at_creation if name not in made or made[name] is not None]
    source, keys = identity.table, [known.name for known in identity.keys]
    needed = database(dialect).needed(source, keys).subquery("rekey_needed")
    lacking = and_(needed.c.name.not_in(given), needed.c.filled == 0)
    if not identity.database_makes_keys:
        lacking = and_(lacking, needed.c.name.not_in(keys))
        if isinstance(identity.keys[0].type, String):
            # The text that we make for a key goes into no enum, and no UUID that is declared as text.
            stored = stored_columns(spec.parts, dialect)
            other = select(stored.c.name).where(stored.c.table == str(source.name), stored.c.kind.not_in(("", "S")))
            lacking = or_(lacking, and_(needed.c.name.in_(keys), needed.c.name.in_(other)))
    creating = exists(select(literal(1)).select_from(planned).where(planned.c.rekey_action == Action.CREATE.value))
    said = literal(str(source.name)).label("table"), needed.c.name.label("column")
    offending = select(*said).where(lacking, creating)
    return check("unfilled_column", identity.noun, offending)


def _reserved_names(parts: Sequence[Part], stored: CTE, dialect: str) -> Check:
    own = sorted({name for part in parts for name in bookkeeping(part)})
    named = database(dialect).as_told_apart(stored.c.name).in_(own)
    of_these = stored.c.table.in_([str(part.table.name) for part in parts])
    return check("reserved_name", "", select(stored.c.table, stored.c.name.label("column")).where(named, of_these))


def surplus_columns(part: Part, known: Sequence[str], dialect: str) -> Relation:
    """Return the columns of the journal of `part`, beside its own, that are not `known`."""
    kept = catalog([(journal_name(part.table), None)], dialect)
    return select(kept.c.name).where(
        kept.c.place > len(bookkeeping(part)), kept.c.name.not_in([literal(name, RegistryText()) for name in known])
    )


def columns_of(connection: Connection, source: Table) -> dict[str, str]:
    """Return the columns that `source` has in the database, in their order, with their types as the catalog says."""
    stored = catalog([(source.name, source.schema)], connection.dialect.name)
    found = connection.execute(select(stored.c.name, stored.c.type).order_by(stored.c.place))
    return {name: type_ for name, type_ in found}  # noqa: C416  # dict() does not take the rows' type


def stored_columns(parts: Sequence[Part], dialect: str) -> CTE:
    """Return the columns of the tables of `parts` and of all that keep rows of them: the same wherever it is asked."""
    sources = dict.fromkeys((part.table.name, part.table.schema) for part in parts)
    return catalog([*sources, *((name, None) for name in kept_tables(parts))], dialect)


def declared_columns(parts: Iterable[Part]) -> CTE:
    """Return the columns that the revision declares: `table`, `name`."""
    rows = [(str(part.table.name), str(known.name)) for part in parts for known in part.table.columns]
    return _listed(rows, "rekey_declared", "table", "name")


def _listed(rows: Sequence[tuple[str, ...]], name: str, *columns: str) -> CTE:
    """Return rows of texts as a relation of that name."""
    return values(*(column(each, Text()) for each in columns)).data(rows).cte(name)


def catalog(named: Sequence[tuple[str, str | None]], dialect: str) -> CTE:
    """Return the columns of tables as the catalog has them: see `Database.columns`.

    `named` are the names of the tables with their schemas.
    """
    asked = _listed([(name, quoted(name, schema)) for name, schema in named], "rekey_asked", "table", "quoted")
    return database(dialect).columns(asked).cte("rekey_catalog")

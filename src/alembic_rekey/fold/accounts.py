"""Every change is accounted for: what the database itself counted in this transaction, against the journal.

PostgreSQL keeps statistics per table, and they see what cascades, triggers and rules do as well. SQLite counts
the rows of all statements with and without what triggers do; what a conflict clause replaces it counts nowhere,
so the rows of the folded tables are counted too.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    MetaData,
    Table,
    TableClause,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    table,
    union_all,
    values,
)
from sqlalchemy.dialects.postgresql import OID
from sqlalchemy.schema import CreateTableAs, DropTable

from alembic_rekey.fold.watches import Watches
from alembic_rekey.guard.checks import check
from alembic_rekey.plan.counts import planned_rows
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Check, Relation, Spec, Stamped
from alembic_rekey.sql.dialects.sqlite.watches import SEEN
from alembic_rekey.sql.expressions import quoted
from alembic_rekey.sql.side_tables import counts, created, current_run, journal_name, metadata
from alembic_rekey.sql.steps import Statement, Step

__all__ = ["accounts_checked", "accounts_closed", "accounts_opened", "accounts_taken"]

_BEFORE = "rekey_counted_before"
_AFTER = "after"
_NOTED = table(_BEFORE, column("part"), column("rows", BigInteger()))
_KINDS = ("inserted", "updated", "deleted")
_UPDATED = (Action.RENAME, Action.REKEY, Action.REVIVE, Action.SUPERSEDE)
_ACTIONS = {"inserted": (Action.CREATE,), "updated": _UPDATED, "deleted": DELETED}


def accounts_opened(spec: Spec, dialect: str) -> Step:
    """Return the step that notes what the database has counted so far: the last one before apply."""
    noted = _statistics() if dialect == "postgresql" else _rows(spec)
    says = "Note what the database has counted so far, to compare with after the changes."
    return Statement(says, CreateTableAs(noted, _BEFORE, temporary=True))


def accounts_checked(spec: Spec, dialect: str, watches: Watches) -> Check:
    """Return the check that no row of any table changed but those that the journal names.

    `watches` noted each change with its table, where there are any.
    """
    if dialect == "postgresql":
        return check("unaccounted", "", _by_table(spec))
    return check("unaccounted", "", _by_watch(spec) if watches else _by_total(spec))


def accounts_taken(dialect: str) -> list[Step]:
    """Return the step that notes the same after the changes, where what follows would be counted too."""
    if dialect == "postgresql":
        return []
    now = insert(_NOTED).from_select(["part", "rows"], select(literal(_AFTER), func.total_changes()))
    return [Statement("Note what the database has counted since.", now)]


def accounts_closed() -> Step:
    """Return the step that drops what `accounts_opened` noted."""
    return Statement("Drop what was noted.", DropTable(Table(_BEFORE, MetaData())))


def _statistics() -> Relation:
    known = table(
        "pg_stat_xact_user_tables",
        *map(column, ("relid", "schemaname", "relname", "n_tup_ins", "n_tup_upd", "n_tup_del")),
        schema="pg_catalog",
    ).alias("rekey_statistics")
    counted = (known.c.n_tup_ins, known.c.n_tup_upd, known.c.n_tup_del)
    return select(
        known.c.relid,
        known.c.schemaname,
        known.c.relname,
        func.pg_relation_filenode(known.c.relid).label("filenode"),
        *(cast(one, BigInteger).label(kind) for one, kind in zip(counted, _KINDS, strict=True)),
    )


def _journalled(spec: Spec, kind: str) -> list[tuple[str, ColumnElement[int]]]:
    return [(part.noun, planned_rows(part, _ACTIONS[kind])) for part in spec.parts]


def _by_table(spec: Spec) -> Relation:
    """Return each table that the database counted otherwise than the journal.

    A row that moves to another partition is one deleted and one inserted: so the sums are compared, over a
    table with all of its partitions and of the tables that inherit from it.
    """
    before = table(_BEFORE, *map(column, ("relid", "filenode", *_KINDS))).alias("rekey_before")
    now, tree, named = _statistics().subquery("rekey_after"), _trees(spec), _named(spec)
    own = [*metadata.tables, *(journal_name(part.table) for part in spec.parts), created(spec.identity.table).name]
    change = {kind: now.c[kind] - func.coalesce(before.c[kind], 0) for kind in _KINDS}
    name = func.coalesce(tree.c.table, func.concat(now.c.schemaname, ".", now.c.relname))
    counted = (
        select(
            tree.c.part,
            name.label("table"),
            *(cast(func.sum(change[kind]), BigInteger).label(kind) for kind in _KINDS),
        )
        .join_from(now, before, before.c.relid == now.c.relid, isouter=True)
        .join(tree, tree.c.relid == now.c.relid, isouter=True)
        .where(now.c.schemaname.not_like("pg_temp%"), now.c.relname.not_in(own))
        .group_by(tree.c.part, name)
        .cte("rekey_counted")
    )
    # TRUNCATE counts no rows.
    emptied = (
        select(
            func.concat(now.c.schemaname, ".", now.c.relname),
            literal("left untouched, since it was truncated or rewritten"),
            literal(0),
            literal(0),
        )
        .join_from(now, before, before.c.relid == now.c.relid)
        .where(before.c.filenode != now.c.filenode, now.c.relname.not_in(own))
    )
    off = select(
        literal("the statistics of the server").label("table"),
        literal("counted, since track_counts is off").label("kind"),
        literal(0).label("counted"),
        literal(0).label("journalled"),
    ).where(func.current_setting("track_counts") == "off")
    return _unbalanced(named, counted, emptied, off)


def _unbalanced(named: CTE, counted: CTE, *others: Relation) -> Relation:
    """Return each kind of change of each table that was `counted` otherwise than it was `named`."""
    both = (
        select(
            func.coalesce(named.c.table, counted.c.table).label("table"),
            func.coalesce(named.c.again, 0).label("again"),
            *(func.coalesce(counted.c[kind], 0).label(kind) for kind in _KINDS),
            *(func.coalesce(named.c[kind], 0).label(f"named_{kind}") for kind in _KINDS),
        )
        .join_from(named, counted, counted.c.part == named.c.part, full=True)
        .cte("rekey_account")
    )
    stayed = both.c.inserted - both.c.deleted != both.c.named_inserted - both.c.named_deleted
    surplus = both.c.inserted + both.c.updated - both.c.named_inserted - both.c.named_updated
    lines = [
        select(
            both.c.table,
            literal(kind).label("kind"),
            both.c[kind].label("counted"),
            both.c[f"named_{kind}"].label("journalled"),
        ).where(or_(stayed, not_(surplus.between(0, both.c.again))), both.c[kind] != both.c[f"named_{kind}"])
        for kind in _KINDS
    ]
    return select(union_all(*lines, *others).subquery("rekey_unaccounted"))


def _named(spec: Spec) -> CTE:
    """Return how many rows of each part the journal names: `part`, `table`, and one column per kind of change.

    `again` is how many of the updated ones a trigger may write once more, with the time of the change.
    """
    per_kind = [dict(_journalled(spec, kind)) for kind in _KINDS]
    lines = [
        select(
            literal(part.noun).label("part"),
            literal(str(part.table.name)).label("table"),
            (literal(0) if part.stamped is Stamped.BY_THE_RUN else planned_rows(part, _UPDATED)).label("again"),
            *(of[part.noun].label(kind) for of, kind in zip(per_kind, _KINDS, strict=True)),
        )
        for part in spec.parts
    ]
    return union_all(*lines).cte("rekey_journalled")


def _trees(spec: Spec) -> FromClause:
    """Return the tables of the spec, each with its partitions and heirs: `part`, `table`, `relid`."""
    rows = [(part.noun, str(part.table.name), quoted(part.table.name, part.table.schema)) for part in spec.parts]
    declared = values(*(column(name, Text()) for name in ("part", "table", "quoted"))).data(rows).cte("rekey_declared")
    inherits = table("pg_inherits", column("inhrelid"), column("inhparent"), schema="pg_catalog").alias("rekey_heirs")
    top = select(declared.c.part, declared.c.table, cast(func.to_regclass(declared.c.quoted), OID).label("relid"))
    tree = top.cte("rekey_tree", recursive=True)
    heirs = select(tree.c.part, tree.c.table, inherits.c.inhrelid).join_from(
        tree, inherits, inherits.c.inhparent == tree.c.relid
    )
    return tree.union(heirs)


def _by_watch(spec: Spec) -> Relation:
    """Return each table of SQLite whose changes, noted one by one, are others than the journal's."""
    names = [
        select(literal(part.noun).label("part"), literal(str(part.table.name)).label("table")) for part in spec.parts
    ]
    declared = union_all(*names).cte("rekey_declared")
    kinds = (func.coalesce(func.sum(case((SEEN.c.kind == kind, 1))), 0).label(kind) for kind in _KINDS)
    counted = (
        select(declared.c.part, SEEN.c.table, *kinds)
        .join_from(SEEN, declared, func.lower(declared.c.table) == func.lower(SEEN.c.table), isouter=True)
        .group_by(SEEN.c.table)
        .cte("rekey_counted")
    )
    return _unbalanced(_named(spec), counted)


def _rows(spec: Spec) -> Relation:
    """Return how many rows each table has, and how many changes the connection has seen: of SQLite."""
    lines = [
        select(literal(part.noun).label("part"), func.count().label("rows")).select_from(part.table)
        for part in spec.parts
    ]
    return select(union_all(*lines, select(literal("").label("part"), func.total_changes())).subquery("rekey_noted"))


def _by_total(spec: Spec) -> Relation:
    """Return what SQLite counted otherwise than the journal: rows of a table, or changes of all tables together."""

    def noted(part: str) -> ColumnElement[int]:
        return select(_NOTED.c.rows).where(_NOTED.c.part == part).scalar_subquery()

    lines = []
    for part in spec.parts:
        gone, made = planned_rows(part, DELETED), planned_rows(part, [Action.CREATE])
        lines.append(
            select(
                literal(str(part.table.name)).label("table"),
                literal("in the table").label("kind"),
                select(func.count()).select_from(part.table).scalar_subquery().label("counted"),
                (noted(part.noun) - gone + made).label("journalled"),
            )
        )
    lines.append(
        select(
            literal("all tables together"),
            literal("changed"),
            noted(_AFTER) - noted("") - _own_changes(spec),
            select(func.coalesce(func.sum(counts.c.value), 0)).where(*_applied()).scalar_subquery(),
        )
    )
    compared = union_all(*lines).subquery("rekey_account")
    # A trigger may write the time of the change, once more per row.
    again = [planned_rows(part, _UPDATED) for part in spec.parts if part.stamped is Stamped.BY_THE_DATABASE]
    allowed = case((compared.c.kind == "changed", sum(again, literal(0))), else_=0)
    return select(compared).where(not_((compared.c.counted - compared.c.journalled).between(0, allowed)))


def _applied() -> Iterable[ColumnElement[bool]]:
    return (and_(counts.c.run_id == current_run(), counts.c.phase == "apply"),)


def _own_changes(spec: Spec) -> ColumnElement[int]:
    """Return how many rows the apply phase wrote for us: a line per count, and the created rows that are kept."""
    kept: TableClause = created(spec.identity.table)
    lines = select(func.count()).select_from(counts).where(*_applied()).scalar_subquery()
    made = select(func.count()).select_from(kept).where(kept.c.rekey_run == current_run()).scalar_subquery()
    return lines + made

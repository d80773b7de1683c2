"""What PostgreSQL counted: its statistics per table, which see what cascades, triggers and rules do as well."""

from __future__ import annotations

from sqlalchemy import (
    CTE,
    BigInteger,
    FromClause,
    cast,
    column,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import OID

from alembic_rekey.spec import Relation
from alembic_rekey.sql.accounts import BEFORE, KINDS, Account, unbalanced

__all__ = ["by_table", "statistics"]


def statistics() -> Relation:
    """Return what was counted so far in this transaction."""
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
        *(cast(one, BigInteger).label(kind) for one, kind in zip(counted, KINDS, strict=True)),
    )


def by_table(account: Account) -> Relation:
    """Return each table that the database counted otherwise than the journal.

    A row that moves to another partition is one deleted and one inserted: so the sums are compared, over a
    table with all of its partitions and of the tables that inherit from it.
    """
    before = table(BEFORE, *map(column, ("relid", "filenode", *KINDS))).alias("rekey_before")
    counted = statistics().subquery("rekey_counting")
    ours = or_(counted.c.schemaname.like("pg_temp%"), counted.c.relname.in_(account.own))
    tables = account.tables
    now, tree = select(counted).where(not_(ours)).cte("rekey_after"), _trees(tables)
    change = {kind: now.c[kind] - func.coalesce(before.c[kind], 0) for kind in KINDS}
    # No parameter: to a driver that numbers each of them, GROUP BY would name another expression.
    name = func.coalesce(tree.c.table, func.concat(now.c.schemaname, literal_column("'.'"), now.c.relname))
    changed = (
        select(
            tree.c.part,
            name.label("table"),
            *(cast(func.sum(change[kind]), BigInteger).label(kind) for kind in KINDS),
        )
        .join_from(now, before, before.c.relid == now.c.relid, isouter=True)
        .join(tree, tree.c.relid == now.c.relid, isouter=True)
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
        .where(before.c.filenode != now.c.filenode)
    )
    off = select(
        literal("the statistics of the server").label("table"),
        literal("counted, since track_counts is off").label("kind"),
        literal(0).label("counted"),
        literal(0).label("journalled"),
    ).where(func.current_setting("track_counts") == "off")
    return unbalanced(account, tables, changed, emptied, off)


def _trees(tables: CTE) -> FromClause:
    """Return the tables of an account, each with its partitions and heirs: `part`, `table`, `relid`."""
    inherits = table("pg_inherits", column("inhrelid"), column("inhparent"), schema="pg_catalog").alias("rekey_heirs")
    top = select(tables.c.part, tables.c.table, cast(func.to_regclass(tables.c.quoted), OID).label("relid"))
    tree = top.cte("rekey_accounted_tree", recursive=True)
    heirs = select(tree.c.part, tree.c.table, inherits.c.inhrelid).join_from(
        tree, inherits, inherits.c.inhparent == tree.c.relid
    )
    return tree.union(heirs)

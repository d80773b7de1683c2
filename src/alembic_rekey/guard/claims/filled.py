"""What the database itself gives a row that is created, where its catalog tells, and whether the row counts then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, TextClause, literal, literal_column, select
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.sql.visitors import iterate

from alembic_rekey.guard.catalog import about as asked_about
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.claims.rows_after import created
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.judged import about, flag
from alembic_rekey.spec import Check, Identity, Spec
from alembic_rekey.sql.dialects import database

__all__ = ["created_apart", "filled"]

_CONSTANT = re.compile(r"""\(?([+-]?\d+(\.\d+)?|'([^']|'')*'|true|false|null)\)?(::[\w ."\[\](),]+)?""", re.IGNORECASE)
"""A default that is the same whenever it is asked for, as both databases tell it."""


def filled(connection: Connection, identity: Identity) -> dict[str, ColumnElement[Any]]:
    """Return by column, as it is kept, what a created row gets there when it is given nothing: a constant, or NULL.

    Not told is what the database computes; and nothing is where triggers may write into a row that is inserted.
    """
    if not identity.creates:
        return {}
    dialect = database(connection.dialect.name)
    said = asked_about([identity], dialect.defaults).subquery()
    (told,) = dialect.conditions(connection, [identity.table])
    made = {
        name: dialect.as_kept(literal_column(text), told.kept[name])
        for name, text in connection.execute(select(said.c.column, said.c.said))
        if name in told.kept and _CONSTANT.fullmatch(text)
    }
    if not made:
        return {}
    surely = connection.execute(select(*(flag(sure) for _, sure in made.values()))).one()
    return {name: value for (name, (value, _)), sure in zip(made.items(), surely, strict=True) if sure}


def created_apart(connection: Connection, spec: Spec, planned: Planned) -> Iterator[Check]:
    """Yield the check that rows to be created count, as `where` says, if what that reads of them is known by now."""
    identity, rows = spec.identity, created(spec, planned)
    if rows is None or identity.where is None or identity.name is None:
        return
    elements = list(iterate(identity.where))
    if any(isinstance(each, SelectBase | TextClause) or getattr(each, "is_literal", False) for each in elements):
        # What it reads, SQLAlchemy does not know.
        return
    read = {str(each.name): each for each in elements if isinstance(each, Column)}
    given, known = rows.values, filled(connection, identity)
    # Times are those of the run, which makes them when it writes.
    times = {str(stamp.name) for stamp in identity.times}
    if not known or not read.keys() <= (known.keys() | given.keys()) - times:
        return
    dialect = database(connection.dialect.name)
    (told,) = dialect.conditions(connection, [identity.table])
    kept = {name: dialect.as_kept(given[name], told.kept[name]) for name in read if name in given}
    values = {name: kept[name][0] if name in kept else known[name] for name in read}
    canonical = given[str(identity.name.name)]
    columns = [canonical.label("rekey_name"), *(value.label(name) for name, value in values.items())]
    sure = (surely for _, surely in kept.values())
    row = select(*columns).select_from(rows.source).where(*sure).subquery("rekey_fresh")
    counts = about(identity.where, {each: row.c[name] for name, each in read.items()})
    apart = select(literal(str(identity.table.name)).label("table"), row.c.rekey_name.label("canonical"))
    yield check("created_apart", f"{identity.noun}_planned", apart.where(flag(counts) == 0).order_by(row.c.rekey_name))

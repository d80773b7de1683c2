"""Foreign keys that lead nowhere: where a database checks none while a run changes rows, they are held against before.

Asked are the folded tables and those that refer to them: a mistake in the key of another table is none of ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    Integer,
    MetaData,
    Table,
    column,
    select,
    table,
)
from sqlalchemy.schema import DropTable

from alembic_rekey.guard.checks import check
from alembic_rekey.guard.foreign_keys import written_columns
from alembic_rekey.spec import Relation, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.older import CreateTableAs
from alembic_rekey.sql.references import Followed
from alembic_rekey.sql.steps import Guard, Statement, Step

__all__ = ["foreign_keys_before", "foreign_keys_broken"]

_FIELDS = ("table", "rowid", "parent", "fkid", "rows")
_BROKEN = table("rekey_broken_before", *map(column, _FIELDS))
_NOW = table("rekey_broken_now", *map(column, _FIELDS))


def foreign_keys_before(spec: Spec, dialect: str) -> list[Step]:
    """Return the step that notes the foreign keys that lead nowhere already, where the database lets any."""
    says = "Note the rows whose foreign keys lead nowhere already."
    return [Statement(says, CreateTableAs(found, _BROKEN.name)) for found in _found(spec, dialect)]


def foreign_keys_broken(spec: Spec, dialect: str) -> list[Step]:
    """Return the guards that the same foreign keys lead nowhere as before: no more, and none less.

    One that leads somewhere now could not be made to lead nowhere again by the way back.
    """
    before, after, steps = select(_BROKEN), select(_NOW), list[Step]()
    for found in _found(spec, dialect):
        says = "Note the rows whose foreign keys lead nowhere now."
        steps += [
            # Each check reads every row that refers to something: once, for both questions.
            Statement(says, CreateTableAs(found, _NOW.name)),
            Guard(check("foreign_key_broken", "", _surplus(after, before))),
            Guard(check("foreign_key_mended", "", _surplus(before, after))),
            *(Statement("Drop what was noted.", DropTable(Table(one.name, MetaData()))) for one in (_BROKEN, _NOW)),
        ]
    return steps


def _found(spec: Spec, dialect: str) -> list[Relation]:
    """Return the rows that refer to nothing, where a database has any."""
    found = database(dialect).leading_nowhere([part.table for part in spec.parts], list(_followed(spec)))
    return [select(each.subquery("rekey_nowhere")) for each in found]


def _followed(spec: Spec) -> Iterator[Followed]:
    """Yield the tables whose owners lead to a row before and after, as `owner_lost` and the way back ask already.

    A row that is created may have the key of one that a row without an owner referred to, and so may one that moves.
    And a foreign key takes texts for one that are told apart here.
    """
    if spec.identity.creates:
        return
    for part in spec.children:
        parent = spec.parent(part)
        numbers = all(isinstance(known.type, Integer) for known in (*parent.keys, *part.owner_columns))
        if numbers and len(parent.keys) == 1 and part.owners and part.where is None and not parent.key_moves:
            lead = str(parent.table.name), str(parent.keys[0].name)
            written = {name for names in written_columns(spec, part).values() for name in names}
            owners = [str(owner.name) for owner in part.owner_columns]
            yield Followed(str(part.table.name), [(owner, *lead) for owner in owners], sorted({*written, *owners}))


def _surplus(some: Relation, others: Relation) -> Relation:
    return select(some.except_(others).subquery("rekey_surplus"))

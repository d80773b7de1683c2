"""What rows referred to beside their owners: the application may have deleted that since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, FromClause, String, and_, not_, select, true

from alembic_rekey.back.backward import Backward
from alembic_rekey.back.judged import acting
from alembic_rekey.guard.stored import Referred, by_columns, columns_in
from alembic_rekey.plan.actions import written
from alembic_rekey.plan.judged import among
from alembic_rekey.plan.rules import DELETED
from alembic_rekey.spec import Part
from alembic_rekey.sql.expressions import Uncollated

__all__ = ["gone", "gone_anew"]


def gone(part: Part, backward: Backward, keys: Iterable[Referred], rows: FromClause) -> list[ColumnElement[bool]]:
    """Return, per foreign key, the condition that what `rows` referred to neither stands nor comes back with them."""
    conditions = []
    for place, (columns, several) in enumerate(by_columns(keys).items()):
        before = columns_in(rows, columns)
        led = [_led(part, name, value) for name, value in zip(columns, before, strict=True)]
        stands = [key.stands_for(led) for key in several]
        for number, key in enumerate(several):
            for other in backward.spec.parts:
                if other.table.name == key.table:
                    run = select(backward.planned[other]).subquery(f"rekey_with_it_{place}_{number}")
                    # Who moved with its owner gets its old key back, and who was renamed its name.
                    keeps = {*key.keys} <= {str(known.name) for known in other.keys} and not other.key_moves
                    returns = run.c.rekey_action.in_(sorted(DELETED)) if keeps else true()
                    stands.append(among(led, select(*columns_in(run, key.keys)).where(returns)))
        conditions.append(and_(*(value.is_not(None) for value in before), *map(not_, stands)))
    return conditions


def _led(part: Part, name: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return `value` as its foreign key compares it: a name by the collation of the column that it leads to.

    A key that is declared as text may be kept as another type, which compares with no text.
    """
    names = (str(known.name) for known in (*part.named, *part.names) if isinstance(known.type, String))
    return Uncollated(value) if name in names else value


def gone_anew(part: Part, backward: Backward, lines: FromClause) -> Iterator[ColumnElement[bool]]:
    """Yield the same of rows that stay, by the foreign keys of columns that what becomes of a row writes.

    Of those of its owners alone it is asked what becomes of these.
    """
    owned = [{str(known.name) for known in owner} for owner in part.owning]
    writes = {action: {str(known.name) for known in columns} for action, columns in written(part).items()}
    for columns, several in by_columns(backward.hindrances.referred.get(part.noun, ())).items():
        writing = [action for action, names in writes.items() if names & {*columns}]
        if writing and {*columns} not in owned:
            for nowhere in gone(part, backward, several, lines):
                yield and_(acting(lines, *writing), nowhere)

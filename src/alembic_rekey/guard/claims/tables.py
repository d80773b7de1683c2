"""What a spec claims about its tables, asked of the catalog: that they are tables, whole, seen whole, and of texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alembic_rekey.guard.catalog import about
from alembic_rekey.guard.checks import check
from alembic_rekey.plan.actions import written
from alembic_rekey.spec import Check, Identity, Part
from alembic_rekey.sql.dialects import database

__all__ = ["table_claims"]

_SEVERAL = """ SELECT "table", columns FROM rekey_unique AS several
    WHERE several.names = 1 AND several.others = 1 AND several.parts > 1 AND several.keyed = 0 AND NOT EXISTS (
      SELECT 1 FROM rekey_unique AS alone
      WHERE alone."table" = several."table" AND alone.names = 1 AND alone.parts = 1 AND alone.partial = 0
    )"""


def table_claims(parts: Sequence[Part], dialect: str) -> Iterator[Check]:
    """Yield the checks of what the catalog alone tells, each asked once for all tables."""
    asked = database(dialect)
    for name, (sql, columns) in asked.table_claims.items():
        # A name that no fold writes may be of any type.
        concerned = [part for part in parts if name != "not_text" or _writes_names(part)]
        if concerned:
            yield check(name, "", about(concerned, sql, *columns))
    if identities := [part for part in parts if isinstance(part, Identity) and part.named]:
        yield check("name_of_several", "", about(identities, asked.unique_names + _SEVERAL, "table", "columns"))


def _writes_names(part: Part) -> bool:
    return any(not {*part.named}.isdisjoint(columns) for columns in written(part).values())

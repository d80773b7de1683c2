"""The digest of a plan's rows: from an approved report as it is read, and by SQL where a script runs.

A script may hold no value of a row, so it holds a digest per table: a row's digest is made of its action, its
canonical and each of its columns, the table's of its rows' in the order of the report. PostgreSQL has SHA-256; SQLite
itself has no digest, its shell, which runs a script, has SHA3-256 (`sha3`) and the bytes of a real number
(`ieee754_to_blob`). Where something runs a script that has neither, the script stops there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, column, func, select

from alembic_rekey.report.entry import listing_order
from alembic_rekey.spec import Part
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.interface import Database
from alembic_rekey.sql.digests import ListDigest, RowDigest

__all__ = ["PlanDigest", "digest_in_sql"]


@dataclass(frozen=True)
class PlanDigest:
    """The digest of the rows of one part; `columns` are those that every row has, None where there is no row."""

    columns: tuple[str, ...] | None
    digest: str

    @classmethod
    def of(cls, entries: Iterable[Mapping[str, Any]], dialect: str) -> PlanDigest:
        """Take in the entries of a report's section, as a stream and in their order."""
        said, columns = database(dialect), None
        whole = said.digest()
        for entry in entries:
            columns = tuple(entry["before"])
            whole.update(_row(entry, said))
        return cls(columns, whole.hexdigest())


def _row(entry: Mapping[str, Any], said: Database) -> bytes:
    """Return the digest of one row, as those of rows are joined."""
    told = (entry["action"], *map(said.told, (entry["canonical"], *entry["before"].values())))
    return said.joined(said.digest("|".join(told).encode()))


def digest_in_sql(part: Part, columns: Sequence[str], planned: FromClause) -> ColumnElement[str]:
    """Return the same digest of the rows of `planned`, which has all of `columns`; NULL where it has none."""
    told = [column("rekey_canonical", Text()), *(column(name) for name in columns)]
    place = func.row_number().over(order_by=listing_order(part)).label("place")
    rows = select(RowDigest(told).label("digest"), place).select_from(planned).subquery("rekey_told")
    # On SQLite each row brings the digest of all.
    return select(ListDigest(rows.c.digest, rows.c.place)).select_from(rows).limit(1).scalar_subquery()

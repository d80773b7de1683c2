"""What refers to the rows of a table without a foreign key: as columns are called, and as pairs of a type and a key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sqlalchemy import ColumnElement, FromClause, String, Text, cast

from alembic_rekey.review.schema.description import Described, Field, Schema
from alembic_rekey.review.schema.held import Looking
from alembic_rekey.text.words import bare, plain, singular

__all__ = ["Pair", "Referred"]

_TYPES = ("type", "kind", "table", "class", "model", "table_name")
_OTHER_TYPES = {"object": ("content_type",), "table": ("table_name",)}
"""How the type stands beside a key that is called otherwise."""
_MOST_TYPES = 1_000
_BETWEEN_NAMES = str.maketrans("\\/:", "...")


@dataclass(frozen=True)
class Pair:
    """The rows that refer to a table by the column `key`: those that say `value` in the column `type`."""

    key: str
    type: str
    value: str
    rows: int

    def of(self, rows: FromClause) -> ColumnElement[bool]:
        """Return whether one of `rows` is such a row."""
        return cast(rows.c[self.type], Text) == self.value


@dataclass(frozen=True)
class Referred:
    """The table `table`, each row of which is a `noun`, and its column `key`: what names tell of who refers to it."""

    noun: str
    table: str
    key: str

    @cached_property
    def _ones(self) -> frozenset[str]:
        lower = self.table.lower()
        return frozenset((self.noun, lower, singular(lower), plain(self.table), singular(plain(self.table)))) - {""}

    @cached_property
    def endings(self) -> frozenset[str]:
        """How the names of columns end that refer to it: `user_id` of the table `users`."""
        return frozenset(f"{one}_{last}" for one in self._ones for last in ("id", self.key.lower(), plain(self.key)))

    def is_meant_by(self, column: str, schema: Schema) -> bool:
        """Tell whether a column is called like a reference to it, and not rather like one to another of the tables."""
        fit = self._fit(column)
        others = (
            _table(one.name, *one.primary[:1]) for one in schema.tables.values() if fit and one.name != self.table
        )
        nearest = max((other._fit(column) for other in others), default=0)
        return fit > nearest or (fit > 0 and _table(self.table, self.key)._fit(column) >= nearest)

    def _fit(self, column: str) -> int:
        """Return how many letters of the name of a column say that it refers to it."""
        said = {column.lower(), plain(column)}
        fitting = (end for end in self.endings for one in said if one == end or one.endswith(f"_{end}"))
        return max(map(len, fitting), default=0)

    def pairs(self, looking: Looking, described: Described, fields: Iterable[Field]) -> Iterator[Pair]:
        """Yield the pairs among `fields` whose type names it: `subject_type` says `app.User` beside `subject_id`."""
        by_name = {plain(field.name): field for field in fields}
        words = set(map(bare, self._ones))
        for said, field in by_name.items():
            for of in _types(said, by_name):
                for value, rows in looking.distinct(described, of.name, _MOST_TYPES) or ():
                    if bare(value.translate(_BETWEEN_NAMES).rpartition(".")[2]) in words:
                        yield Pair(field.name, of.name, value, rows)


@lru_cache(maxsize=4096)
def _table(name: str, key: str = "id") -> Referred:
    return Referred("", name, key)


def _types(key: str, by_name: dict[str, Field]) -> Sequence[Field]:
    if not key.endswith("_id"):
        return ()
    prefix = key.removesuffix("_id")
    called = (*(f"{prefix}_{kind}" for kind in _TYPES), *_OTHER_TYPES.get(prefix, ()))
    return [by_name[one] for one in called if one in by_name and isinstance(by_name[one].type, String)]

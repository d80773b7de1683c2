"""What the columns of a table hold: how many of their values are keys, or names; asked of a part of a large table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Numeric,
    String,
    Text,
    Uuid,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import NullType, TypeEngine

from alembic_rekey.connection.failures import is_lost
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.review.schema.description import Described
from alembic_rekey.spec import Match
from alembic_rekey.sql.dialects import database

__all__ = ["MOST_ROWS", "SECONDS", "Held", "Looking", "kind_of"]

MOST_ROWS = 50_000
"""So many rows of a table are read; of a larger one a part."""
SECONDS = 30.0
"""A question takes no longer."""
_MOST_VALUES = 30


@dataclass(frozen=True)
class Held:
    """How many values were read, and how many of them are what was asked for; `values` are the distinct ones."""

    values: int
    matching: int
    unread: str = ""
    """Why nothing was read."""

    @property
    def share(self) -> float:
        """The part of the values that match, 0 where there are none."""
        return self.matching / self.values if self.values else 0.0


@dataclass(frozen=True)
class Looking:
    """Questions to a database about what no revision declares; each may fail by itself, and says so then."""

    connection: Connection
    most: int | None = MOST_ROWS
    """The most rows that are read of a table; None reads all."""
    seconds: float = SECONDS

    def rows(self, described: Described) -> FromClause:
        """Return the rows of a table that are looked at."""
        if self.most is None:
            return described.table
        survey = database(self.connection.dialect.name).survey
        return survey.sampled(self.connection, described.table, described.rows, self.most)

    def is_sampled(self, described: Described) -> bool:
        """Tell whether only a part of its rows is looked at."""
        return self.most is not None and (described.rows or 0) > self.most

    @contextmanager
    def within_limits(self) -> Iterator[list[str]]:
        """Yield a list that gets the reason where the database did not answer; the transaction goes on."""
        failed: list[str] = []
        try:
            with database(self.connection.dialect.name).survey.limited(self.connection, self.seconds):
                yield failed
        except DBAPIError as error:
            if is_lost(error):
                raise
            failed.append(next(iter(str(error.orig).splitlines()), type(error.orig).__name__))

    def keys(self, described: Described, name: str, parent: Described, key: str, *where: ColumnElement[bool]) -> Held:
        """Return how many values of the column `name` are values of the column `key` of `parent`."""
        rows = self.rows(described)
        stored: ColumnElement[Any] = rows.c[name]
        referred: ColumnElement[Any] = parent.table.c[key]
        if kind_of(stored.type) is not kind_of(referred.type):
            stored, referred = cast(stored, Text), cast(referred, Text)
        found = stored.in_(select(referred))
        return self._counted(rows, stored.is_not(None), found, *where)

    def equal(
        self, described: Described, pairs: Sequence[tuple[str, str]], parent: Described, names: tuple[str, str]
    ) -> Held:
        """Return how many rows, which refer to `parent` by `pairs`, say in one of `names` what it says in the other."""
        rows, other = self.rows(described), parent.table
        matched = and_(*(rows.c[mine] == other.c[its] for mine, its in pairs))
        mine, its = (func.lower(func.trim(cast(known, Text))) for known in (rows.c[names[0]], other.c[names[1]]))
        return self._counted(rows.join(other, matched), rows.c[names[0]].is_not(None), mine == its)

    def names(self, described: Described, name: str, parent: Described, of: str, names: Names | None) -> Held:
        """Return how many values that say something are names: registered ones, or such as the column `of` holds."""
        rows = self.rows(described)
        stored = cast(rows.c[name], Text)
        known = [select(func.lower(func.trim(cast(parent.table.c[of], Text))))]
        if names is not None:
            spelled = names.spelled(rows.c[name], "held", Match.FOLDED)
            known.append(select(func.lower(func.trim(spelled.c.spelling))))
        matches = func.lower(func.trim(stored)).in_(union_all(*known))
        return self._counted(rows, and_(rows.c[name].is_not(None), func.trim(stored) != ""), matches)

    def tells_apart(self, described: Described, columns: Sequence[str]) -> bool:
        """Tell whether no two rows agree in all of `columns`, and none of these is NULL."""
        known = [described.table.c[name] for name in columns]
        several = select(literal(1)).select_from(described.table).group_by(*known).having(func.count() > 1).limit(1)
        empty = (
            select(literal(1)).select_from(described.table).where(or_(*(column.is_(None) for column in known))).limit(1)
        )
        with self.within_limits():
            return all(self.connection.execute(asked).first() is None for asked in (several, empty))
        return False

    def distinct(self, described: Described, name: str, most: int = _MOST_VALUES) -> list[tuple[str, int]] | None:
        """Return the values of a column as text, the most frequent first, each with its rows; None for many."""
        rows = self.rows(described)
        value = cast(rows.c[name], Text).label("value")
        counted = select(value, func.count().label("rows")).where(rows.c[name].is_not(None)).group_by(value)
        asked = counted.order_by(func.count().desc(), value).limit(most + 1)
        with self.within_limits():
            found = [(str(said), int(number)) for said, number in self.connection.execute(asked)]
            return found if len(found) <= most else None
        return None

    def always(self, described: Described, columns: Sequence[str]) -> list[str]:
        """Return those of `columns` that are NULL in no row; none where there is no row."""
        rows = self.rows(described)
        asked = select(func.count(), *(func.count(rows.c[name]) for name in columns)).select_from(rows)
        with self.within_limits():
            every, *counted = self.connection.execute(asked).one()
            return [name for name, number in zip(columns, counted, strict=True) if every and number == every]
        return []

    def bounds(self, described: Described, name: str) -> tuple[Any, Any]:
        """Return the least and the greatest value of a column."""
        rows = self.rows(described)
        with self.within_limits():
            # As the database holds them: a column may hold what is none of its type.
            least, most = (type_coerce(end(rows.c[name]), NullType()) for end in (func.min, func.max))
            found = self.connection.execute(select(least, most)).one()
            return found[0], found[1]
        return None, None

    def _counted(
        self, source: FromClause, says: ColumnElement[bool], matches: ColumnElement[bool], *where: Any
    ) -> Held:
        # Each by itself: PostgreSQL looks a list up by its hash in a WHERE alone, however long the list is.
        every = select(func.count()).select_from(source).where(says, *where)
        with self.within_limits() as failed:
            values, matching = (self.connection.execute(asked).scalar_one() for asked in (every, every.where(matches)))
            return Held(values, matching)
        return Held(0, 0, *failed)


def kind_of(type_: TypeEngine[Any]) -> type[TypeEngine[Any]] | None:
    """Return what values of a type are compared as: a number, a text, a UUID; None for all else."""
    kinds: tuple[type[TypeEngine[Any]], ...] = (Integer, Uuid, String)
    if isinstance(type_, Numeric):
        return Integer if type_.scale in (0, None) and type_.asdecimal else None
    return next((kind for kind in kinds if isinstance(type_, kind)), None)

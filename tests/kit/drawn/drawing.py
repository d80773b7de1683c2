"""What a case is drawn with: choices behind features, names of tables and columns, values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from drawn.case import Column, Table
from reading import Expression, ForeignKey, Identity, References, Row, Slots, Stamped, Tags, Time
from strategies import FORMS, HOSTILE, MOMENTS, REGISTERED, SPELLINGS

__all__ = ["MEANT", "Drawing"]

T = TypeVar("T")
HOSTILE_NAMES = ("it's", "100%", "a:b", 'x "y"', "$$", "--", "two words", "back\\slash", "order", "größe", "%(id)s")
MEANT = "it's 100% :x"
"""What rows that count say of themselves."""
TIMES: dict[str, Sequence[Any]] = {"sqlite": FORMS, "postgresql": (None, *MOMENTS)}
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000}


@dataclass
class Drawing:
    """A case in the making."""

    random: Random
    dialect: str
    features: frozenset[str]
    refusable: bool
    """Whether rows may be drawn over which an upgrade refuses."""
    tables: dict[str, Table] = field(default_factory=dict)
    unique: dict[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    registry: dict[str, list[str]] = field(default_factory=dict)
    identity: Identity | None = None
    references: list[References] = field(default_factory=list)
    slots: list[Slots] = field(default_factory=list)
    tags: list[Tags] = field(default_factory=list)

    def pick(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    def some(self, feature: str, one_in: int = 3) -> bool:
        """Whether this case has a feature here; a rare one may be drawn, a switched-off one never is."""
        return self.random.randrange(one_in) == 0 and feature in self.features

    def named(self, name: str) -> str:
        """The name of a table or column, now and then a hostile one."""
        if not self.some("hostile names", 6):
            return name
        return f"{name} {self.pick(HOSTILE_NAMES)}"

    def add(self, table: Table, *unique: tuple[str, ...]) -> None:
        """Adds a table, what is unique in it, and leaves away rows that break that."""
        for columns in (table.primary, *unique):
            seen = set[tuple[Any, ...]]()
            kept = []
            for row in table.rows:
                held = tuple(row[column] for column in columns)
                if None in held or held not in seen:
                    seen.add(held)
                    kept.append(row)
            table.rows[:] = kept
        self.tables[table.name] = table
        self.unique[table.name] = (table.primary, *unique)

    def time(self, columns: dict[str, Column], name: str) -> Time:
        """A column of times of some kind."""
        called = self.named(name)
        if self.some("epoch"):
            unit = self.pick(("s", "ms", "us"))
            columns[called] = Column(
                "epoch", pool=(None, 0, *(1_767_258_000 * PER_SECOND[unit] + more for more in (0, 0, 1)))
            )
            return Time(called, unit)
        columns[called] = Column("time")
        return Time(called)

    def stamped(self) -> dict[str, Stamped]:
        """Now and then the database writes the times."""
        return {"stamped": Stamped.BY_THE_DATABASE} if self.some("stamped", 5) else {}

    def condition(self, table: str, columns: dict[str, Column]) -> Expression:
        """A column that says which rows count."""
        column = self.named("meant")
        at = f"t[{table!r}].c[{column!r}]"
        if self.pick((True, False)):
            columns[column] = Column("text", pool=(MEANT, MEANT, MEANT, "other", None))
            return Expression(f"{at} == {MEANT!r}", lambda row: row[column] == MEANT)
        columns[column] = Column("integer", pool=(None, None, None, 1))
        return Expression(f"{at}.is_(None)", lambda row: row[column] is None)

    def value(self, column: Column) -> Any:
        """Something that a column may hold."""
        if column.pool:
            return self.pick(column.pool)
        if column.kind == "time":
            return self.pick(TIMES[self.dialect])
        nothing = () if "NOT NULL" in column.constraint else (None,)
        return self.pick((*nothing, 1, 2, 3) if column.kind == "integer" else (*nothing, "a", "a", *HOSTILE))

    def several(self, columns: dict[str, Column], number: int, key: str) -> list[Row]:
        """Rows with as many keys in a column, and anything in the others."""
        return [
            {column: own if column == key else self.value(known) for column, known in columns.items()}
            for own in self.keys(columns[key].kind, number)
        ]

    def keys(self, kind: str, number: int) -> list[Any]:
        """As many keys."""
        if kind == "integer":
            return self.random.sample(range(1, 40), number)
        found = dict.fromkeys("".join(self.random.choices(IDS, k=self.pick((1, 2, 3, 4)))) for _ in range(number))
        return list(found)

    def few(self, pool: Sequence[T], number: int) -> tuple[T, ...]:
        """Some of many: so that rows come to be alike."""
        return tuple(self.random.sample(pool, min(number, len(pool))))

    def spelt(self, name: str) -> str:
        """A name, now and then in one of its spellings."""
        return self.pick(SPELLINGS)(name) if self.pick((True, False, False)) else name

    def register(self) -> None:
        """Fills the registry: two or three canonicals, each with aliases."""
        known = [entry for entry in REGISTERED if "sigma" in self.features or "Σ" not in entry[0]]
        for canonical, aliases in self.random.sample(known, self.pick((2, 3))):
            spelt = canonical.title() if self.random.randrange(5) == 0 else canonical
            self.registry[spelt] = self.random.sample(aliases, self.pick((1, 2)))


IDS = "1aB~é\uffff🧪'%:"
"""Of such are ids made whose order by code point differs from that of UTF-16, of a locale and of numbers."""

"""Seeded rows of the application's four tables that meet every line of the decision tables, in any number.

30% of the rows are legacy. No slot collides: an upgrade would refuse.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import ceil
from typing import Any

__all__ = ["COLUMNS", "NAMES_PER_ENTRY", "Data", "Family", "registered"]

Line = tuple[Any, ...]

COLUMNS = {
    "projects": ("id", "name", "description", "created_at", "updated_at"),
    "project_state": (
        *("id", "project_id", "category", "key", "value"),
        *("source", "confidence", "status", "created_at", "updated_at"),
    ),
    "memories": ("id", "memory_type", "content", "project", "confidence", "status", "created_at", "updated_at"),
    "interactions": ("id", "prompt", "response", "client", "session_id", "project", "created_at"),
}

SHARES = {"projects": 0.01, "project_state": 0.19, "memories": 0.50, "interactions": 0.30}
LEGACY = 0.30
REPEATED = 0.15
"""How many memories say what an earlier one of the same family said."""
MOST_PROJECTS = 3_000
"""A registry does not grow with the rows: beyond this many the projects get more rows each."""
PRESENT = 0.75
"""How many of its slots a project fills; up to 300 thousand rows 26 slots make 19 rows of state per project."""
REGISTERED = 2_100
"""Entries of every registry; those that no row names are there all the same."""
NAMES_PER_ENTRY = 3
"""A canonical and two aliases."""

KINDS = {"plain": 10, "one": 3, "two": 1, "orphan": 1, "misspelt": 1, "unregistered": 2}
WORDS = [
    *("beam", "mirror", "phase", "drift", "align", "the", "sensor", "of", "laser", "noise"),
    *("bench", "record", "shift", "calibrate", "polish", "with", "grid", "and"),
]
TYPES = ("fact", "preference", "episode", "decision")


@dataclass
class Family:
    """One registered (or unregistered) name with all that is written about it."""

    canonical: str
    aliases: tuple[str, ...]
    own: str | None = None
    shadows: list[str] = field(default_factory=list)
    said: tuple[str, str, str] | None = None
    """The latest memory: type, content, status."""


def registered(entries: int) -> dict[str, tuple[str, ...]]:
    """A registry of names that no row has: canonical -> aliases."""
    return {f"unused-{number:05}": (f"u{number:05}", f"unused {number}") for number in range(entries)}


class Data:
    """All rows of one size; the same for the same seed, table after table in the order of `COLUMNS`."""

    def __init__(self, rows: int, seed: int = 6) -> None:
        self.rows = rows
        self._random = random.Random(seed)
        self._text = " ".join(self._random.choices(WORDS, k=20_000))
        self._times = [self._time() for _ in range(20_000)]
        self._projects: list[Line] = []
        self.families = list(self._families())

    @property
    def registry(self) -> dict[str, tuple[str, ...]]:
        """Canonical -> aliases; as many for every number of rows."""
        used = {family.canonical: family.aliases for family in self.families if family.aliases}
        return used | registered(REGISTERED - len(used))

    def lines(self, table: str) -> Iterator[Line]:
        """The rows of one table; every table once, in the order of `COLUMNS`."""
        made = {
            "projects": lambda: iter(self._projects),
            "project_state": self._state,
            "memories": self._memories,
            "interactions": self._interactions,
        }
        return islice(made[table](), self._share(table))

    def _share(self, table: str) -> int:
        projects = min(round(self.rows * SHARES["projects"]), MOST_PROJECTS)
        return projects if table == "projects" else round(self.rows * SHARES[table])

    def _id(self) -> str:
        digits = f"{self._random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def _time(self) -> str | None:
        at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=self._random.randrange(300 * 86_400))
        kind = self._random.random()
        if kind < 0.01:
            return None
        return f"{at:%Y-%m-%dT%H:%M:%S+00:00}" if kind < 0.1 else f"{at:%Y-%m-%d %H:%M:%S}"

    def _words(self, shortest: int, longest: int) -> str:
        start = self._random.randrange(90_000)
        return self._text[start : start + self._random.randrange(shortest, longest)]

    def _families(self) -> Iterator[Family]:
        number, wanted = 0, self._share("projects")
        while len(self._projects) < wanted:
            number += 1
            kind = self._random.choices(tuple(KINDS), tuple(KINDS.values()))[0]
            word = WORDS[number % len(WORDS)]
            family = Family(
                f"p{number:05}-{word}", () if kind == "unregistered" else (f"p{number:05}", f"{word} {number}")
            )
            if kind != "orphan":
                spelt = family.canonical.upper() if kind == "misspelt" else family.canonical
                family.own = self._project(spelt)
            shadows = {"one": 1, "two": 2, "orphan": 1 + number % 2, "misspelt": number % 2}.get(kind, 0)
            for alias in family.aliases[:shadows]:
                family.shadows.append(self._project(alias.title() if number % 5 == 0 else alias))
            yield family

    def _project(self, name: str) -> str:
        self._projects.append(
            (key := self._id(), name, self._words(0, 80), self._random.choice(self._times), self._at())
        )
        return key

    def _at(self) -> str | None:
        return self._random.choice(self._times)

    def _state(self) -> Iterator[Line]:
        chance = self._random.random
        slots = ceil(self._share("project_state") / self._share("projects") / PRESENT)
        for slot in range(slots):
            category, key = f"category {slot % 4}", f"key {slot}"
            for family in self.families:
                live = self._words(10, 200)
                for owner in (*filter(None, [family.own]), *family.shadows):
                    if chance() > PRESENT:
                        continue
                    # Active rows of a slot agree; what is inactive may say anything.
                    active = chance() < 0.6
                    value = live if active or chance() < 0.5 else self._words(10, 200)
                    status = "active" if active else "superseded"
                    yield (self._id(), owner, category, key, value, "import", chance(), status, self._at(), self._at())

    def _tag(self, family: Family) -> str | None:
        kind = self._random.random()
        if family.aliases and kind < LEGACY / 0.85:
            alias = self._random.choice(family.aliases)
            return self._random.choice((alias,) * 8 + (alias.upper(), f" {alias} ", family.canonical.title()))
        return ("", None, family.canonical)[0 if kind > 0.98 else 1 if kind > 0.97 else 2]

    def _memories(self) -> Iterator[Line]:
        chance, choice = self._random.random, self._random.choice
        while True:
            family = choice(self.families)
            if family.said is None or chance() > REPEATED:
                content = f"{self._random.getrandbits(48):x} {self._words(140, 260)}"
                family.said = (choice(TYPES), content, "active" if chance() < 0.8 else "candidate")
            kind, content, status = family.said
            yield (self._id(), kind, content, self._tag(family), chance(), status, self._at(), self._at())

    def _interactions(self) -> Iterator[Line]:
        while True:
            tag = self._tag(self._random.choice(self.families))
            said = (self._words(100, 300), self._words(100, 300))
            yield (self._id(), *said, "cli", self._id(), tag, self._at())

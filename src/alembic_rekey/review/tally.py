"""How many rows of a plan there are, per action and per name as it is written; counted while they pass by."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from operator import itemgetter
from sys import intern
from typing import Any

from alembic_rekey.plan.actions import planned_counts
from alembic_rekey.plan.counts import named_counts
from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import Entries
from alembic_rekey.report.entry import row_name
from alembic_rekey.report.rows import title_of
from alembic_rekey.spec import Identity, Part, Spec

__all__ = ["Tally"]


@dataclass
class Tally:
    """How many rows of each action a plan has, per section; taken while the rows pass by."""

    referred: frozenset[str] = frozenset()
    """The nouns of slots to whose rows others refer."""
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (title, action)."""
    _written: defaultdict[str, Counter[tuple[str, str]]] = field(default_factory=lambda: defaultdict(Counter))
    """By title, then by (action, name as it is written): a plan of millions of rows has thousands of them."""
    _canonicals: dict[str, str] = field(default_factory=dict)
    """The name as it is written -> canonical."""
    _owners: defaultdict[str | None, dict[Any, str]] = field(default_factory=lambda: defaultdict(dict))
    """Under which name the row of a key stands: by the noun of its slots, of the identity by None."""
    _folded: dict[str | None, Mapping[str, str]] = field(default_factory=dict)
    _spellings: dict[str, Callable[[Mapping[str, Any]], str]] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: Spec) -> Tally:
        """Return the tally of a plan of `spec` of which no row has passed."""
        return cls(frozenset(part.of for part in spec.children if part.of is not None))

    def passing(self, part: Part, rows: Iterable[Sequence[dict[str, Any]]]) -> Entries:
        """Yield `rows` as they are; those of what a part refers to must have passed before its own."""
        for entries in rows:
            self.take(part, entries)
            yield entries

    def take(self, part: Part, entries: Sequence[Mapping[str, Any]]) -> None:
        """Count rows of a report."""
        title, spelling = title_of(part), self._spelling_of(part)
        actions = [entry["action"] for entry in entries]
        # One text for all rows that hold it.
        written = list(map(intern, map(spelling, entries)))
        self.rows.update(zip(repeat(title), actions, strict=False))
        self._written[title].update(zip(actions, written, strict=True))
        for name, entry in zip(written, entries, strict=True):
            self._canonicals.setdefault(name, entry["canonical"])
        if part.noun in self.referred:
            keys = [str(known.name) for known in part.keys]
            moved = (pair for pair in zip(written, entries, strict=True) if pair[0] != pair[1]["canonical"])
            self._owners[part.noun].update((_key(entry["before"], keys), name) for name, entry in moved)

    def written(self, part: Part, entry: Mapping[str, Any]) -> str:
        """Return the name under which a row stands; an owner that the plan does not touch is the canonical."""
        return self._spelling_of(part)(entry)

    def counts(self, part: Part) -> dict[str, int]:
        """Return the counts of the rows of `part` that have passed, by name."""
        counts = sorted(named_counts(part, planned_counts(part)), key=itemgetter(0))
        return {name: sum(self.rows[title_of(part), action] for action in actions) for name, _, actions in counts}

    def spellings(self, title: str, action: str) -> Iterator[tuple[str, str, int]]:
        """Yield each name as it is written, in order, its canonical and how many rows it has."""
        counted = self._written[title]
        for _, written in sorted(each for each in counted if each[0] == action):
            yield written, self._canonicals[written], counted[action, written]

    def every_spelling(self) -> Iterator[tuple[str, str, str, int]]:
        """Yield action, name as it is written, canonical and rows, over all sections."""
        for counted in self._written.values():
            for (action, written), rows in counted.items():
                yield action, written, self._canonicals[written], rows

    def merged(self, spec: Spec) -> dict[str, int]:
        """Return, by noun, how many rows of slots are merged: a plan counts them among those that are rekeyed."""
        return {slots.noun: self.rows[title_of(slots), Action.MERGE] for slots in spec.slots}

    def under_each_name(self) -> Counter[str]:
        """Return how many rows stand under each name as it is written."""
        under: Counter[str] = Counter()
        for _, written, _, rows in self.every_spelling():
            under[written] += rows
        return under

    def _spelling_of(self, part: Part) -> Callable[[Mapping[str, Any]], str]:
        if part.noun not in self._spellings:
            self._spellings[part.noun] = self._spelling(part)
        return self._spellings[part.noun]

    def _spelling(self, part: Part) -> Callable[[Mapping[str, Any]], str]:
        """Return what tells the name under which a row of `part` stands: asked for millions of rows, so made once."""
        keys = [str(known.name) for known in part.keys]
        owning = [[str(known.name) for known in owner] for owner in part.owning]
        named = str(part.named[0].name) if part.named and not part.owners else None
        owners = self._owners[part.of]

        def of_owner(entry: Mapping[str, Any]) -> str:
            keys = [_key(entry["before"], owner) for owner in owning]
            for key in keys:
                if (name := owners.get(key)) is not None:
                    return name
            # None is spelt just so: a number may be kept as text, and PostgreSQL takes texts of citext for one.
            if part.of not in self._folded:
                self._folded[part.of] = {_folded(key): name for key, name in owners.items()}
            for key in keys:
                if (name := self._folded[part.of].get(_folded(key))) is not None:
                    return name
            return str(entry["canonical"])

        def as_named(entry: Mapping[str, Any]) -> str:
            return str(entry["canonical"] if named is None else entry["before"][named])

        if isinstance(part, Identity):
            return partial(self._of_identity, part, keys)
        if part.owners:
            return of_owner
        return as_named

    def _of_identity(self, identity: Identity, keys: Sequence[str], entry: Mapping[str, Any]) -> str:
        if entry["action"] == Action.CREATE:
            return str(entry["canonical"])
        before = entry["before"]
        return self._owners[None].setdefault(_key(before, keys), str(row_name(identity, before)))


def _folded(key: Any) -> str:
    return "\0".join(map(str, key)).casefold()


def _key(before: Mapping[str, Any], columns: Iterable[str]) -> Any:
    """Return the values of a key as a dictionary can hold them; JSON has an object for bytes."""
    known = tuple([before[name] for name in columns])
    try:
        hash(known)
    except TypeError:
        return repr(known)
    return known

"""The registry as a relation, and what of the stored names it knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, bindparam, cast, select
from sqlalchemy.types import Text

from alembic_rekey.names.matching import SIGMA, cased, letters, stored_keys
from alembic_rekey.names.registry import Registry
from alembic_rekey.spec import Match
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.expressions import Exact
from alembic_rekey.sql.registry_text import LETTERS_AT_ONCE, BeyondASCII, FoldedName
from alembic_rekey.sql.side_tables import aliases, current_run
from alembic_rekey.sql.values import comparable

__all__ = ["Names", "rows"]


@dataclass(frozen=True)
class Names:
    """Registered names as a relation, with the letters that folding a stored name to its key needs.

    `relation` has the columns `alias`, `canonical` and `key` of `rekey_alias`.
    """

    relation: FromClause
    letters: tuple[tuple[str, str], ...]

    @classmethod
    def recorded(cls, registry: Registry) -> Names:
        """Return the names of the current run, read from the side table that holds `rows(registry)`."""
        relation = select(aliases).where(aliases.c.run_id == current_run()).cte("rekey_registered")
        return cls(relation, tuple(letters(name.key for name in registry.names).items()))

    @classmethod
    def of_run(cls, run: ColumnElement[int]) -> Names:
        """Return the names that `run` recorded, each by itself: for who looks a spelling up that was registered."""
        line = select(aliases.c.alias, aliases.c.canonical, aliases.c.key).where(aliases.c.run_id == run)
        return cls(line.cte("rekey_registered"), tuple(cased()))

    @classmethod
    def handed_over(cls, registry: Registry, dialect: str) -> Names:
        """Return the names as one bound document, for a plan on a database that must not be written to."""
        fields = ("alias", "canonical", "key")
        # Without names of fields and without what a plan does not read: it is read once per statement.
        lines = [[line[field] for field in fields] for line in rows(registry)]
        document = bindparam("registry", json.dumps(lines, separators=(",", ":")), Text())
        entries = database(dialect).entries(document, range(len(fields)))
        read = [entry.label(field) for entry, field in zip(entries, fields, strict=True)]
        # Else SQLite reads the document once more for every spelling of every row.
        relation = select(*read).cte("rekey_registered").prefix_with("MATERIALIZED")
        return cls(relation, tuple(letters(name.key for name in registry.names).items()))

    @classmethod
    def of_nobody(cls) -> Names:
        """Return no names: for groups that are found in the data."""
        # A sigma is one wherever it stands: nobody listed what it becomes.
        return cls(aliases, ((SIGMA, "σ"), ("ς", "σ"), *cased()))

    def spelled(self, stored: ColumnElement[Any], called: str, match: object) -> CTE:
        """Return each spelling that `stored` holds of a registered name: `spelling`, `alias`, `canonical`.

        The key is computed once per spelling, not once per row. Names match when their keys are equal
        (design, section 2), or when they are equal themselves, as `match` says. `called` tells the relation apart.
        """
        name: ColumnElement[Any] = comparable(stored)
        if not isinstance(name, Exact):
            name = cast(stored, Text)
        spellings = select(name.label("spelling")).where(stored.is_not(None)).distinct().cte(f"rekey_as_{called}")
        registered = self.relation
        if match is Match.EXACT:
            exact = select(registered.c.alias, registered.c.canonical).distinct().subquery("rekey_exact")
            found = select(spellings.c.spelling, exact.c.alias, exact.c.canonical)
            return found.join_from(spellings, exact, exact.c.alias == spellings.c.spelling).cte(f"rekey_of_{called}")
        folded, key = self._folded(spellings, called)
        return (
            select(folded.c.spelling, registered.c.alias, registered.c.canonical)
            .join_from(folded, registered, registered.c.key == key)
            .cte(f"rekey_of_{called}")
            # Folded once per spelling: SQLite would fold again for each row that joins.
            .prefix_with("MATERIALIZED")
        )

    def beyond_ascii(self, name: ColumnElement[Any], source: FromClause, called: str) -> CTE:
        """Return `spelling` and `key` of each `name` in `source` that has letters which SQL's own lower() leaves."""
        spellings = (select(name.label("spelling")).select_from(source).where(BeyondASCII(name)).distinct()).cte(
            f"rekey_as_{called}"
        )
        folded, key = self._folded(spellings, called)
        return select(folded.c.spelling, key.label("key")).cte(f"rekey_of_{called}").prefix_with("MATERIALIZED")

    def _folded(self, spellings: CTE, called: str) -> tuple[CTE, ColumnElement[Any]]:
        folded, fold_first = spellings, True
        key: ColumnElement[Any] = spellings.c.spelling
        for number, chunk in enumerate(self._chunks()):
            folded = select(folded.c.spelling, FoldedName(key, chunk, first=fold_first).label("key")).cte(
                f"rekey_{number}_{called}"
            )
            key, fold_first = folded.c.key, False
        return folded, key

    def _chunks(self) -> Iterator[tuple[tuple[str, str], ...]]:
        rest = iter(self.letters)
        yield tuple(islice(rest, LETTERS_AT_ONCE))
        while chunk := tuple(islice(rest, LETTERS_AT_ONCE)):
            yield chunk


def rows(registry: Registry) -> Iterator[dict[str, str]]:
    """Yield the lines of the relation: one per registered name and stored form of its key."""
    for name in registry.names:
        for key in stored_keys(name.key):
            yield {"alias": name.alias, "canonical": name.canonical, "key": key, "identity": name.identity}

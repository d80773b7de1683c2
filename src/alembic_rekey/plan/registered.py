"""The registry as a relation, and what of the stored names it knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import CTE, Column, FromClause, bindparam, select
from sqlalchemy.types import Text

from alembic_rekey.names.matching import letters, stored_keys
from alembic_rekey.names.registry import Registry
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.expressions import Exact
from alembic_rekey.sql.registry_text import LETTERS_AT_ONCE, FoldedName
from alembic_rekey.sql.side_tables import aliases, current_run

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

    def spelled(self, stored: Column[str]) -> CTE:
        """Return each spelling that `stored` holds of a registered name: `spelling`, `alias`, `canonical`.

        The key is computed once per spelling, not once per row. Names match when their keys are equal
        (design, section 2).
        """
        known_as = str(stored.table.name)
        spellings = (
            select(Exact(stored).label("spelling")).where(stored.is_not(None)).distinct().cte(f"rekey_as_{known_as}")
        )
        folded, fold_first = spellings, True
        key: Any = spellings.c.spelling
        for number, chunk in enumerate(self._chunks()):
            folded = select(folded.c.spelling, FoldedName(key, chunk, first=fold_first).label("key")).cte(
                f"rekey_{number}_{known_as}"
            )
            key, fold_first = folded.c.key, False
        return (
            select(folded.c.spelling, self.relation.c.alias, self.relation.c.canonical)
            .join_from(folded, self.relation, self.relation.c.key == folded.c.key)
            .cte(f"rekey_of_{known_as}")
            # Folded once per spelling: SQLite would fold again for each row that joins.
            .prefix_with("MATERIALIZED")
        )

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

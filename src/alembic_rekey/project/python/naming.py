"""What things are called in a revision: variables of tables, nouns of parts; each is something that Python can say."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Callable, Container, Mapping

from sqlalchemy import MetaData, Table

from alembic_rekey.project.python.code import column_of
from alembic_rekey.review.schema.description import Described
from alembic_rekey.sql.dialects.survey import Place
from alembic_rekey.text.words import plain, singular

__all__ = ["Variables", "noun_of"]

_MOST_OF_A_NOUN, _MOST_OF_A_VARIABLE = 30, 60
_TAKEN = {
    *dir(builtins),
    *keyword.kwlist,
    *keyword.softkwlist,
    *("op", "sa", "postgresql", "spec", "revision", "down_revision", "branch_labels", "depends_on", "upgrade"),
    *("downgrade", "alembic_rekey", "annotations", "most"),
}
_NOT_A_COLUMN = frozenset(name for name in dir(Table("t", MetaData()).c) if not name.startswith("_"))


def noun_of(name: str, taken: Container[str], identity: str | None = None) -> str:
    """Return the noun of a table, one that is not `taken`; what is named behind the `identity` leaves that away."""
    one = singular(plain(name)) or "row"
    if identity is not None and one.startswith(f"{identity}_"):
        one = one.removeprefix(f"{identity}_").lstrip("0123456789_") or one
    return _free(one[:_MOST_OF_A_NOUN], lambda each: each in taken, _MOST_OF_A_NOUN)


class Variables:
    """A variable per table, given in the order in which it is asked for."""

    def __init__(self) -> None:
        self._names: dict[Place, str] = {}

    def of(self, described: Described) -> str:
        """Return the variable of a table."""
        if described.place not in self._names:
            wanted = plain(described.name) or "table"
            wanted = f"{wanted}_table" if wanted in _TAKEN else wanted
            known = set(self._names.values())
            self._names[described.place] = _free(wanted, lambda each: each in known, _MOST_OF_A_VARIABLE)
        return self._names[described.place]

    def column(self, described: Described, name: str) -> str:
        """Return how a column is reached."""
        return column_of(self.of(described), name, _NOT_A_COLUMN)

    @property
    def all(self) -> Mapping[Place, str]:
        """Every variable that was given."""
        return self._names


def _free(wanted: str, taken: Callable[[str], bool], most: int) -> str:
    if not taken(wanted):
        return wanted
    numbered = (f"{wanted[: most - 4]}_{number}" for number in range(2, 10_000))
    return next(each for each in numbered if not taken(each))

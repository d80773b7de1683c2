"""What a draft is made of, and what is known while it is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.project.draft.wanted import Wanted
from alembic_rekey.project.python.code import Argument, Call, Code, called_with, tuple_of
from alembic_rekey.project.python.naming import Variables
from alembic_rekey.review.schema.description import Described, Schema
from alembic_rekey.review.schema.held import Held, Looking
from alembic_rekey.text.shown import counted, printable

__all__ = ["Claim", "Drafting", "Part", "key_of", "listed", "said_of"]


@dataclass
class Claim:
    """What a table has to do with the identity: owners, each with what was seen of it, and columns of its names."""

    described: Described
    owners: dict[tuple[str, ...], str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    where: tuple[str, tuple[str, ...]] | None = None
    """A column and its values: the rows that refer to what is claimed."""


@dataclass(frozen=True)
class Part:
    """One part of a drafted spec."""

    kind: str
    noun: str
    described: Described
    arguments: tuple[Argument, ...]
    key: tuple[str, ...]

    @property
    def code(self) -> Call:
        """How it is declared."""
        return called_with(self.kind, *self.arguments)


@dataclass
class Drafting:
    """The identity that is folded, the database around it, and what is still to be decided."""

    wanted: Wanted
    schema: Schema
    looking: Looking
    identity: Described
    name: str | None
    key: tuple[str, ...]
    names: Names | None
    variables: Variables = field(default_factory=Variables)
    nouns: list[str] = field(default_factory=list)
    todo: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """What was seen and is in no part, as sentences."""

    def key_code(self, described: Described, columns: Sequence[str]) -> Code:
        """Return a key, or an owner: a column, or a tuple of columns."""
        known = [self.variables.column(described, name) for name in columns]
        return known[0] if len(known) == 1 else tuple_of(known)

    def columns(self, described: Described, columns: Iterable[str]) -> Code:
        """Return a tuple of columns."""
        return tuple_of([self.variables.column(described, name) for name in columns])


def key_of(described: Described, schema: Schema, avoiding: frozenset[str] = frozenset()) -> tuple[str, ...] | None:
    """Return what tells the rows of a table apart: what most foreign keys refer to, the primary key at a tie."""
    known = {frozenset(columns): columns for columns in reversed(described.identifying)}
    often = {columns: 0 for columns in described.identifying if not avoiding or avoiding != {*columns}}
    for _, link in schema.linked(described.place):
        if (columns := known.get(frozenset(link.referred))) in often and columns is not None:
            often[columns] += 1
    return max(often, key=lambda columns: often[columns]) if often else None


def said_of(held: Held, what: str) -> str:
    """Return what was seen of a column, for a comment."""
    if held.unread:
        return f"nobody could read whether they are {what} ({held.unread})"
    if not held.values:
        return f"no value to tell by, but its name: {what}"
    return f"{held.matching:,} of {counted(held.values, 'value')} {'is' if held.matching == 1 else 'are'} {what}"


def listed(names: Iterable[str]) -> str:
    """Return names for a sentence."""
    return ", ".join(printable(name) for name in names)

"""What may keep a row from coming back beside its place, as the catalog says: by noun, per part of a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, FromClause, Table, and_, column, table

from alembic_rekey.guard.claims.uniqueness import alone
from alembic_rekey.guard.foreign_keys import ForeignKey, covered_columns, covering, foreign_keys, writing
from alembic_rekey.guard.stored import Referred, columns_in, referred
from alembic_rekey.spec import Part, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.constraints import Conditions, UniqueIndex
from alembic_rekey.sql.dialects.interface import Database
from alembic_rekey.sql.expressions import quoted

__all__ = ["Asked", "Hindrances", "Referring"]


@dataclass(frozen=True)
class Referring:
    """A foreign key that leads to a part, and the part whose rows leave by it: None where they stay."""

    key: ForeignKey
    child: Part | None
    is_owner: bool
    """Whether it is an owner of the child, or what carries a name there."""

    def on(self, parent: FromClause) -> tuple[FromClause, ColumnElement[bool]]:
        """Return the table that refers, and the condition that a row of it hangs on one of `parent`."""
        own = () if self.child is None else (str(known.name) for known in self.child.keys)
        names = dict.fromkeys([*self.key.columns, *own])
        child = table(self.key.child, *map(column, names), schema=self.key.schema).alias("rekey_child")
        pairs = zip(self.key.columns, columns_in(parent, self.key.referred), strict=True)
        return child, and_(*(child.c[field] == its for field, its in pairs))


def _unique_beside_places(connection: Connection, spec: Spec) -> dict[str, list[UniqueIndex]]:
    """Return by noun what keeps a row from coming back, but for its place, and for a key that it never lost.

    Exclusion constraints the database asks itself.
    """
    asked = database(connection.dialect.name)
    return {
        part.noun: [
            one
            for one in asked.unique_indexes(connection, part.table)
            if not one.operators and not _is_place(part, one)
        ]
        for part in spec.parts
    }


def _keys_declared(spec: Spec) -> dict[str, list[UniqueIndex]]:
    """Return the same as a script knows it: keys of rows that move with their owners."""
    keys = {part.noun: tuple(str(known.name) for known in part.keys) for part in spec.parts if part.key_moves}
    return {
        noun: [UniqueIndex("", tuple(map(quoted, key)), None, frozenset(key), frozenset(key), nulls_differ=True)]
        for noun, key in keys.items()
    }


def _is_place(part: Part, index: UniqueIndex) -> bool:
    place, key = alone(part), {str(known.name) for known in part.keys}
    is_kept = place is not None and place <= index.plain and index.condition is None
    return is_kept or (index.plain == key and not part.key_moves)


def _hanging(connection: Connection, spec: Spec) -> dict[str, list[Referring]]:
    """Return, by noun of the part that they lead to, the foreign keys through which rows hang on rows of the spec."""
    parts: dict[Table, Part] = {part.table: part for part in spec.parts}
    found = dict[str, list[Referring]]()
    for part in spec.parts:
        covered = covered_columns(spec, part)
        tables = [*(child for child, _, _ in covered), *parts]
        found[part.noun] = [
            Referring(key, parts[by] if by is not None else _written(spec, key, len(covered)), by is not None)
            for key in foreign_keys(connection, part.table, tables)
            for by in (covering(key, covered),)
        ]
    return found


def _written(spec: Spec, key: ForeignKey, before: int) -> Part | None:
    """Return the part that refers by columns which the plan writes: its rows leave as they go back.

    `before`: how many tables were named before those of the parts.
    """
    others = (part for place, part in enumerate(spec.parts, before) if place in key.belongs)
    return next((part for part in others if writing(spec, part, key.columns)), None)


@dataclass(frozen=True)
class Asked:
    """What a table asks of each row by itself, and the database that keeps values as its columns do."""

    told: Conditions
    dialect: Database


def _asked(connection: Connection, spec: Spec) -> dict[str, Asked]:
    dialect = database(connection.dialect.name)
    told = dialect.conditions(connection, [part.table for part in spec.parts])
    return {part.noun: Asked(its, dialect) for part, its in zip(spec.parts, told, strict=True)}


@dataclass(frozen=True)
class Hindrances:
    """What rows refer to, where rows must differ, what must hold of one, and what hangs on them.

    Before a commit, none.
    """

    referred: Mapping[str, Sequence[Referred]] = field(default_factory=dict)
    once: Mapping[str, Sequence[UniqueIndex]] = field(default_factory=dict)
    hanging: Mapping[str, Sequence[Referring]] = field(default_factory=dict)
    asked: Mapping[str, Asked] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: Connection, spec: Spec) -> Hindrances:
        """Ask the catalog."""
        once, hanging = _unique_beside_places(connection, spec), _hanging(connection, spec)
        return cls(referred(connection, spec), once, hanging, _asked(connection, spec))

    @classmethod
    def declared(cls, spec: Spec) -> Hindrances:
        """Return what a script knows: keys that move; the rest the database refuses itself."""
        return cls(once=_keys_declared(spec))

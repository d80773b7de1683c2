"""What a revision declares: which tables and columns are keyed by which identity.

The engine knows no table by name. A revision builds its own frozen `sqlalchemy.Table` objects and
hands their columns over in one `Spec`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from sqlalchemy import Column, DateTime, Float, Integer, Numeric, Select, String

from alembic_rekey.errors import SpecRefused
from alembic_rekey.spec.children import References, Slots, Tags
from alembic_rekey.spec.choices import Most
from alembic_rekey.spec.given import given_faults, read_faults, sentence_faults
from alembic_rekey.spec.identity import Identity
from alembic_rekey.spec.part import Owner, Part
from alembic_rekey.spec.roles import created_faults, own_roles, role_faults
from alembic_rekey.spec.stamp import UNITS, Epoch, Stamp

__all__ = ["Check", "Relation", "Spec"]

Relation = Select[*tuple[Any, ...]]
"""A select of any columns: a plan, what a check finds."""

# PostgreSQL cuts names off at 63 bytes; the longest of ours put these in front and behind.
_MOST_OF_A_NOUN, _MOST_OF_A_TABLE = 30, 63 - len("rekey_journal_")
_NOUN = re.compile(rf"[a-z][a-z0-9_]{{0,{_MOST_OF_A_NOUN - 1}}}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Check:
    """A check of the guard, as a relation: each row of `offending` is one finding.

    `name` is the name of the CHECK constraint that a script stops at, at most 63 bytes of lower-case
    letters, digits and underscores. `claim` says what must hold; a script shows it. `sentence` says what one row of
    `offending` is, whose labels stand in braces: `{id}`, or `{name!r}` in quotes.
    """

    name: str
    claim: str
    sentence: str
    remedy: str
    offending: Relation


@dataclass(frozen=True, kw_only=True, eq=False)
class Spec:
    """All that one `op.rekey` folds: `revision` is the revision's own identifier.

    `further` are parts of other kinds than these. `todo` are questions that a person has still to answer: while one
    stands there, the guard refuses.
    """

    revision: str
    identity: Identity
    slots: tuple[Slots, ...] = ()
    references: tuple[References, ...] = ()
    tags: tuple[Tags, ...] = ()
    further: tuple[Part, ...] = ()
    checks: tuple[Check, ...] = ()
    todo: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._check_given()
        nouns = [part.noun for part in self.parts]
        # Without the schema: journals have none.
        tables = [part.table.name for part in self.parts]
        if len({*tables}) < len({part.table.fullname for part in self.parts}):
            self._refuse(
                "has tables of one name in several schemas, whose journals would be one",
                "rename one of them (op.rename_table) in a revision before this one, and back again in one behind it.",
            )
        for kind, names in (("noun", nouns), ("table", tables)):
            for name in {name for name in names if names.count(name) > 1}:
                self._refuse(f"uses the {kind} {name!r} twice", f"give every part its own {kind}.")
        if not isinstance(self.todo, tuple):
            self._refuse("has one text for `todo`, which is a tuple of texts", "put a comma behind it.")
        for part in self.parts:
            self._check_names(part)
            self._check_owners(part)
            for problem, remedy in (*role_faults(part, self.resting(part)), *part.faults(), *read_faults(part)):
                self._refuse(problem, remedy)
            for stamp in part.times:
                self._check_time(stamp)
        for tags in self.tags:
            self._check_tags(tags)
        self._check_identity()

    def _check_given(self) -> None:
        for role, kind in (("slots", Slots), ("references", References), ("tags", Tags), ("checks", Check)):
            listed = getattr(self, role)
            if not isinstance(listed, tuple | list) or not all(isinstance(each, kind) for each in listed):
                self._refuse(f"has {role} that are no tuple of {kind.__name__}", f"write {role}=({kind.__name__}(…),).")
        if not isinstance(self.identity, Identity):
            self._refuse("has no identity", "write identity=Identity(…).")
        for part in (self.identity, *self.slots, *self.references, *self.tags):
            for problem, remedy in given_faults(part):
                self._refuse(problem, remedy)
        for each in self.checks:
            for problem, remedy in sentence_faults(each.name, each.sentence, each.offending):
                self._refuse(problem, remedy)

    def _check_tags(self, tags: Tags) -> None:
        if self.identity.name is None:
            self._refuse(
                f"has rows of {tags.noun!r} that carry a name, and an identity without one",
                "name the column, Identity(name=…), or leave the tags away.",
            )
        if tags.within and len(tags.within) != len(self.identity.within):
            self._refuse(
                f"says for {tags.noun!r} within other columns than the identity's",
                "name a column for each of Identity(within=…), in their order.",
            )

    def _check_time(self, stamp: Stamp) -> None:
        problem = f"has {stamp}, of type {stamp.type!r}, for a time"
        if isinstance(stamp, Epoch):
            if stamp.unit not in UNITS:
                self._refuse(f"has {stamp} in the unit {stamp.unit!r}", f"take one of {', '.join(UNITS)}.")
            if not isinstance(stamp.type, Integer | Numeric | Float):
                self._refuse(f"{problem} in numbers", "declare it as the Integer or Numeric that it is.")
        elif isinstance(stamp.type, Integer | Numeric | Float):
            remedy = f'say what its numbers count since 1970: Epoch({stamp}, "ms"), or "s", or "us".'
            self._refuse(problem, remedy)
        elif not isinstance(stamp.type, DateTime | String):
            self._refuse(problem, "declare it as DateTime, or a text as String.")

    def _check_names(self, part: Part) -> None:
        if _NOUN.fullmatch(part.noun) is None:
            self._refuse(
                f"has the noun {part.noun!r}, which cannot stand in the names of counts and checks",
                f"take up to {_MOST_OF_A_NOUN} small letters, digits and underscores.",
            )
        if len(str(part.table.name).encode()) > _MOST_OF_A_TABLE:
            self._refuse(
                f"folds the table {part.table.name!r}, whose journal's name would be cut off",
                f"give the table a name of {_MOST_OF_A_TABLE} bytes at most.",
            )

    def _check_owners(self, part: Part) -> None:
        if part.of is not None:
            parents = {slots.noun: slots for slots in self.slots}
            if part.of not in parents:
                self._refuse(
                    f"lets {part.noun!r} refer to rows of {part.of!r}, which is no Slots of it",
                    f"name one of its slots: {', '.join(parents) or 'there is none'}.",
                )
            if (above := parents[part.of].of) is not None:
                self._refuse(
                    f"lets {part.noun!r} refer to rows of {part.of!r}, which refer to slots themselves",
                    f"fold twice in this revision: the identity with {above!r} as References (no unique index may keep "
                    "those apart meanwhile: drop it before op.rekey and op.restore, and make it again behind them), "
                    f"then {above!r} as an Identity that is FOUND, with {part.of!r} as its Slots and {part.noun!r} of "
                    "these.",
                )
            if part.names and len(parents[part.of].owners) > 1:
                self._refuse(
                    f"has names in {part.noun!r} of rows of {part.of!r}, which have several owners: nothing says whose",
                    "leave the names away.",
                )
        width = len(self.parent(part).keys)
        for owner in part.owning:
            if len(owner) != width:
                names = ", ".join(str(known.name) for known in owner)
                self._refuse(
                    f"has an owner ({names}) in {part.noun!r} for a key of {width} columns",
                    "give each owner a column, or a tuple of columns, for each of that key.",
                )
        resting = self.resting(part)
        if part.detaches and any({*part.keys} & {*owner} - resting or resting >= {*owner} for owner in part.owning):
            self._refuse(f"would set a column of the key of {part.noun!r} to NULL", "take OnFold.DELETE.")

    def _check_identity(self) -> None:
        identity = self.identity
        if not identity.listed.strip() or not identity.listed.isprintable() or identity.listed in ("id", "aliases"):
            self._refuse(
                f"names {identity.registered!r} for the list of the registry, which no list can be called",
                "write the field of the registry's document that holds the entries, or leave `registered` away.",
            )
        for each in identity.survivor:
            if isinstance(each, Most) and len(self.owner_of(each.column)[1]) != len(identity.keys):
                self._refuse(
                    f"counts the rows that refer by {each.column} to a key of {len(identity.keys)} columns",
                    "declare all of these columns as an owner of their table, or choose the survivor otherwise.",
                )
        if identity.name is not None:
            roles = own_roles(identity)
            for problem, remedy in created_faults(identity.table, identity.name, roles, identity.creating):
                self._refuse(problem, remedy)

    def _refuse(self, problem: str, remedy: str) -> NoReturn:
        raise SpecRefused(f"the spec of revision {self.revision} {problem}", remedy)

    def answered_by_name(self, slots: Slots) -> bool:
        """Whether an answer keeps a row of `slots` by the name that it stands under; else by the row's own key.

        Names that are found may be one in several groups.
        """
        return slots.of is None and not self.identity.found and bool(self.identity.named)

    def told_by_canonical(self, slots: Slots) -> bool:
        """Whether a canonical and the slot's columns are one slot; else the keys of its owners tell which is meant.

        Of several owners each has a name of its own, and a name may be that of several groups.
        """
        return len(slots.owners) == 1 and self.answered_by_name(slots) and not self.identity.within

    def owner_of(self, column: Column[Any]) -> tuple[Part | None, Owner]:
        """Return the part, and the owner in it, by which rows refer to the identity with `column`.

        It is an owner by itself where it is in none.
        """
        owners = ((part, owner) for part in self.parts if self.parent(part) is self.identity for owner in part.owning)
        return next(((part, owner) for part, owner in owners if column in {*owner}), (None, (column,)))

    def resting(self, part: Part) -> frozenset[Column[Any]]:
        """Return the columns of owners that no fold changes: those of a tenant, in which rows that become one agree."""
        parent = self.parent(part)
        agreed = {*self.identity.within} if parent is self.identity else self.resting(parent)
        pairs = (pair for owner in part.owning for pair in zip(owner, parent.keys, strict=False))
        return frozenset(mine for mine, its in pairs if its in agreed)

    def parent(self, part: Part) -> Part:
        """Return the part that the owners of `part` refer to."""
        return next((slots for slots in self.slots if slots.noun == part.of), self.identity)

    @property
    def deletable(self) -> tuple[Part, ...]:
        """The parts whose rows a plan may delete."""
        return tuple(part for part in self.parts if part.deletable)

    @property
    def children(self) -> tuple[Part, ...]:
        """Every part but the identity, each behind what its owners refer to."""
        declared = (*self.slots, *self.references, *self.tags, *self.further)
        return tuple(sorted(declared, key=lambda part: part.of is not None))

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part, the identity first, in the order in which they are planned and reports list them."""
        return (self.identity, *self.children)

"""Which rows of a part refer no longer to a row when that goes: they go themselves by then, or refer to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, and_, case, column, or_, select, table, union_all

from alembic_rekey.guard.claims.rows_after import as_stored, created
from alembic_rekey.guard.foreign_keys import ForeignKey, in_order, writing
from alembic_rekey.plan.becoming import becoming
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import alike, keys_of, missing_in, numbered, same_key
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Part, Relation, Spec

__all__ = ["Leaving"]


@dataclass(frozen=True)
class Leaving:
    """A foreign key by which rows of `own` refer to rows of `part`, and by which no owner leads there."""

    spec: Spec
    names: Names
    planned: Planned
    part: Part
    own: Part
    key: ForeignKey
    follows: bool
    """Whether the database asks foreign keys at each statement: else the end alone counts."""

    @cached_property
    def acting(self) -> list[Action]:
        """What takes a row of the part away, or writes what is referred to."""
        return [
            *(DELETED if self.part.deletable else ()),
            *writing(self.spec, self.part, self.key.referred),
        ]

    @cached_property
    def moving(self) -> list[Action]:
        """What writes the columns that refer."""
        return writing(self.spec, self.own, self.key.columns)

    @property
    def followed(self) -> list[Action]:
        """Return what writes a column that is referred to before the rows which refer are written as well."""
        if not self.moving or not self.follows:
            return []
        return [action for action in self.acting if action not in DELETED and not self._is_behind(action)]

    def stays(self, child: FromClause) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions that a row of `child` refers still when the row goes to which it does."""
        order = in_order(self.spec)
        places = {act: place for place, act in enumerate(order, 1)}
        # Where no foreign key is followed in between, the end alone counts.
        before = {
            action: tuple(
                known
                for one, known in order[: places.get((self.part, action), 0) if self.follows else None]
                if one is self.own and known in DELETED
            )
            for action in self.acting
        }
        mine, its = keys_of(self.own, child), self.planned[self.own]
        # Mostly the same goes before whatever acts: of one group nothing else is to be told.
        for acts in dict.fromkeys(each for each in before.values() if each):
            goes = select(*keys_of(self.own, its)).where(its.c.rekey_action.in_([act.value for act in acts]))
            yield self._but_for([action for action in before if before[action] != acts], missing_in(mine, goes))
        if not self.moving:
            return
        behind = [action for action in self.acting if not self.follows or self._is_behind(action)]
        if behind:
            others = [action for action in self.acting if action not in behind]
            yield self._but_for(others, missing_in(mine, self._led()))

    def _but_for(self, others: Sequence[Action], stays: ColumnElement[bool]) -> ColumnElement[bool]:
        acts = self.planned[self.part].c.rekey_action
        return or_(acts.in_([action.value for action in others]), stays) if others else stays

    def _is_behind(self, action: Action) -> bool:
        """Tell whether `action` on the part comes when the rows that refer are written."""
        order = in_order(self.spec)
        last = max(order.index((self.own, act)) for act in self.moving)
        return (self.part, action) in order and order.index((self.part, action)) > last

    def _led(self) -> Relation:
        """Return the keys of the rows that will refer to a row which is there then, or to none."""
        lines, new = becoming(self.own, self.spec, self.names, self.planned, self.moving)
        rows = as_stored(self.own, lines, self.key.columns)
        values = [new.get(name, rows.values[name]) for name in self.key.columns]
        there = self._standing()
        targets = alike(there, "target")
        # The parent on the left: on SQLite a foreign key compares as the column that it leads to.
        joined = rows.source.outerjoin(there, same_key(targets, values))
        to_none = or_(*(value.is_(None) for value in values))
        return select(*keys_of(self.own, lines)).where(or_(to_none, targets[0].is_not(None))).select_from(joined)

    def _standing(self) -> CTE:
        """Return what the rows of the part that stay hold in the columns that are referred to, when others refer."""
        part, key = self.part, self.key
        names = dict.fromkeys([*(str(known.name) for known in part.keys), *key.referred])
        stored = table(key.parent, *map(column, names), schema=key.parent_schema).alias("rekey_stands")
        source: FromClause = stored
        values: Mapping[str, ColumnElement[Any]] = {name: stored.c[name] for name in key.referred}
        conditions = []
        if writing(self.spec, part, key.referred):
            lines, new = becoming(part, self.spec, self.names, self.planned)
            changes = lines.c.rekey_action.is_not(None)
            source = stored.outerjoin(lines, same_key(keys_of(part, stored), keys_of(part, lines)))
            values = {
                name: case((changes, new[name]), else_=value) if name in new else value
                for name, value in values.items()
            }
            if self.follows:
                # What is written later must be there before as well.
                late = [act.value for act in writing(self.spec, part, key.referred) if self._is_behind(act)]
                same = and_(*(stored.c[name] == values[name] for name in key.referred))
                conditions.append(or_(~changes, lines.c.rekey_action.not_in(late), same))
        if part.deletable:
            its = self.planned[part]
            gone = select(*keys_of(part, its)).where(its.c.rekey_action.in_(sorted(act.value for act in DELETED)))
            conditions.append(missing_in(keys_of(part, stored), gone))
        standing: Relation = (
            select(*numbered("target", [values[name] for name in key.referred])).select_from(source).where(*conditions)
        )
        every = [standing, *self._made()]
        made = union_all(*every) if len(every) > 1 else standing
        return made.cte("rekey_standing_after").prefix_with("MATERIALIZED")

    def _made(self) -> Iterator[Relation]:
        """Yield what rows hold there that are created: for its key stands where its shadows lead."""
        fresh = created(self.spec, self.planned) if self.part is self.spec.identity else None
        if fresh is None:
            return
        keys = {str(known.name): lead for known, lead in zip(self.part.keys, fresh.leads, strict=True)}
        values = {**fresh.values, **keys}
        owners = [tuple(str(known.name) for known in owner) for owner in self.own.owning]
        pairs = [*zip(self.key.columns, self.key.referred, strict=True)]
        # Who has the shadow's own key in another column refers to the shadow.
        led = all(any(field in owner for owner in owners) for field, target in pairs if target in keys)
        if led and self.spec.parent(self.own) is self.part and values.keys() >= {*self.key.referred}:
            yield select(*numbered("target", [values[name] for name in self.key.referred])).select_from(fresh.source)

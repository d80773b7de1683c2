"""What a plan may do with the rows of each kind of part: the columns that an action writes, and how it is counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import singledispatch
from typing import Any, NamedTuple

from sqlalchemy import Column

from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Itself, OnFold, Part, References, Slots, Tags
from alembic_rekey.spec.part import unhandled

__all__ = ["LEFT_BEHIND", "SLOTS_COLLISIONS", "Count", "applied_counts", "planned_counts", "written"]

Written = Mapping[Action, Sequence[Column[Any]]]


class Count(NamedTuple):
    """One count of the design, section 6: its name, with the part's noun, and the actions it counts."""

    name: str
    actions: tuple[Action, ...]


LEFT_BEHIND = "{noun}_values_left_behind"
"""The number of values, not of rows: what shadows hold and the row that stays does not get."""
SLOTS_COLLISIONS = "{noun}_collisions"
"""The number of slots in collision, not of rows: a person decides once per slot."""


def _absorbed(part: Part) -> list[Column[Any]]:
    return [known for known in part.table.columns if known.name in part.absorbing]


@singledispatch
def written(part: Part) -> Written:
    """Return the columns, but for the time, that each action on a row that stays writes; each kind has its own."""
    raise unhandled(part, "is written")


@written.register
def _written_identity(identity: Identity) -> Written:
    owners, absorbed = identity.owner_columns, _absorbed(identity)
    absorbing = [*(() if identity.found else identity.named), *absorbed, *owners] if absorbed else []
    acts: dict[Action, Sequence[Column[Any]]] = {}
    if not identity.found and identity.named:
        acts[Action.RENAME] = [*identity.named, *owners]
    if absorbed:
        # Behind the shadows: what one of them holds alone (a unique e-mail address) is free then.
        acts[Action.ABSORB] = absorbing
    if owners:
        # Before the shadows go: a foreign key may lead from its owners to them.
        acts[Action.REKEY] = absorbing or owners
    if identity.retiring is not None:
        acts[Action.RETIRE] = [identity.table.c[name] for name in identity.retiring]
    return acts


@written.register
def _written_references(references: References) -> Written:
    moving = {Action.REKEY: [*references.owner_columns, *references.names]}
    return moving | ({Action.DETACH: references.owner_columns} if references.on_fold is OnFold.SET_NULL else {})


@written.register
def _written_slots(slots: Slots) -> Written:
    absorbed = _absorbed(slots)
    acts: dict[Action, Sequence[Column[Any]]] = {Action.REKEY: [*slots.owner_columns, *slots.names, *absorbed]}
    if slots.status is not None:
        acts[Action.REVIVE] = [slots.status, *slots.names, *absorbed]
    return acts | ({Action.ABSORB: absorbed} if absorbed else {})


@written.register
def _written_tags(tags: Tags) -> Written:
    acts: dict[Action, Sequence[Column[Any]]] = {Action.REKEY: tags.named}
    return acts if tags.status is None else {**acts, Action.SUPERSEDE: [*tags.named, tags.status]}


@singledispatch
def planned_counts(part: Part) -> Sequence[Count]:
    """Return the counts of rows of the plan phase for `part`; each kind has its own."""
    raise unhandled(part, "is counted")


@singledispatch
def applied_counts(part: Part) -> Sequence[Count]:
    """Return the counts of the apply phase: one per statement, an action each, in the order of the statements."""
    raise unhandled(part, "is counted while it changes")


@planned_counts.register
def _planned_identity(identity: Identity) -> Sequence[Count]:
    counts = [Count("shadow_{noun}s", (Action.DELETE, Action.RETIRE))]
    if not identity.found and identity.named:
        counts.append(Count("canonical_rows_renamed", (Action.RENAME,)))
    return [*counts, *_rekeyed(identity, "{noun}_rekey_rows"), *_absorbing(identity)]


@applied_counts.register
def _applied_identity(identity: Identity) -> Sequence[Count]:
    gone = Count("shadow_{noun}s_deleted", (Action.DELETE,))
    if identity.retiring is not None:
        gone = Count("shadow_{noun}s_retired", (Action.RETIRE,))
    before = [Count("canonical_rows_created", (Action.CREATE,))] if identity.creates else []
    if not identity.found and identity.named:
        before.append(Count("canonical_rows_renamed", (Action.RENAME,)))
    return [*before, *_rekeyed(identity, "{noun}_rows_rekeyed"), gone, *_absorbing(identity)]


def _rekeyed(identity: Identity, name: str) -> Iterator[Count]:
    if identity.owners:
        yield Count(name, (Action.REKEY,))


def _absorbing(part: Part) -> Iterator[Count]:
    if part.absorb:
        yield Count("{noun}_rows_absorbing", (Action.ABSORB,))


@planned_counts.register
def _planned_references(references: References) -> Sequence[Count]:
    return [*_of_references(references, "{noun}_delete_rows", "{noun}_detach_rows", "{noun}_rekey_rows")]


@applied_counts.register
def _applied_references(references: References) -> Sequence[Count]:
    return [*_of_references(references, "{noun}_rows_deleted", "{noun}_rows_detached", "{noun}_rows_rekeyed")]


def _of_references(references: References, deleted: str, detached: str, rekeyed: str) -> Iterator[Count]:
    if references.deletable:
        yield Count(deleted, (Action.DELETE,))
    if references.on_fold is OnFold.SET_NULL:
        yield Count(detached, (Action.DETACH,))
    yield Count(rekeyed, (Action.REKEY,))


@planned_counts.register
def _planned_slots(slots: Slots) -> Sequence[Count]:
    return [
        Count("{noun}_rekey_rows", (Action.REKEY, Action.MERGE)),
        Count("{noun}_historical_drops", (Action.DROP,)),
        Count("{noun}_rows_revived", (Action.REVIVE,)),
        *([Count("{noun}_delete_rows", (Action.DELETE,))] if slots.itself is Itself.DELETE else ()),
        *_absorbing(slots),
    ]


@applied_counts.register
def _applied_slots(slots: Slots) -> Sequence[Count]:
    return [
        Count("{noun}_rows_replaced_inactive_canonical", (Action.REPLACE,)),
        Count("{noun}_rows_merged_as_duplicate", (Action.MERGE,)),
        Count("{noun}_rows_historical_dropped", (Action.DROP,)),
        *([Count("{noun}_rows_deleted", (Action.DELETE,))] if slots.itself is Itself.DELETE else ()),
        *([Count("{noun}_rows_revived", (Action.REVIVE,))] if slots.status is not None else ()),
        Count("{noun}_rows_rekeyed", (Action.REKEY,)),
        *_absorbing(slots),
    ]


@planned_counts.register
def _planned_tags(tags: Tags) -> Sequence[Count]:
    counts = [Count("{noun}_rekey_rows", (Action.REKEY,))]
    if tags.status is not None:
        counts.append(Count("{noun}_supersede_rows", (Action.SUPERSEDE,)))
    return [*counts, *([Count("{noun}_merge_rows", (Action.MERGE,))] if tags.deletable else ())]


@applied_counts.register
def _applied_tags(tags: Tags) -> Sequence[Count]:
    # Losers first, and last on the way back: a unique index of the active rows alone must allow every step.
    lost = [Count("{noun}_rows_superseded", (Action.SUPERSEDE,))] if tags.status is not None else []
    lost += [Count("{noun}_rows_merged_as_duplicate", (Action.MERGE,))] if tags.deletable else []
    return [*lost, Count("{noun}_rows_rekeyed", (Action.REKEY,))]

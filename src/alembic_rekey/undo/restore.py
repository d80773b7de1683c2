"""The journal -> rows as they were: the statements of a downgrade, in order; never commits.

Which rows go back is decided in `drift`; here the decision is kept in temporary tables, acted on, and
the result compared with the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    MetaData,
    Table,
    TableClause,
    Text,
    and_,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    union_all,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex, CreateTableAs, DropTable, ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from alembic_rekey.back.drift import Drift, drifted, restorable_run, which_run
from alembic_rekey.back.way_back import created_back, first_back, replaced_back
from alembic_rekey.connection.deferred import settled
from alembic_rekey.connection.locks import lock
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.claims.rows import key_claims
from alembic_rekey.guard.foreign_key_check import foreign_keys_before, foreign_keys_broken
from alembic_rekey.guard.foreign_keys import Attached
from alembic_rekey.guard.shape import shape_checks
from alembic_rekey.guard.stored import Stored, compared
from alembic_rekey.plan.plan import Part
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Relation, Slots, Spec
from alembic_rekey.sql.analyze import analyzed
from alembic_rekey.sql.equality import SameRow
from alembic_rekey.sql.expressions import PutBackRows
from alembic_rekey.sql.side_tables import every_column, journal, runs
from alembic_rekey.sql.steps import Guard, Phase, Statement, Step

__all__ = [
    "act_steps",
    "decide_steps",
    "decided_back",
    "drift_guards",
    "forgotten_back",
    "stored_back",
    "without_bookkeeping",
]

_RETURNING = Table("rekey_returning", MetaData())


class _DropColumn(ExecutableDDLElement):
    """ALTER TABLE of a copy of our own."""

    def __init__(self, source: Table, name: str) -> None:
        self.source = source
        self.name = name


@compiles(_DropColumn)
def _drop_column(element: _DropColumn, _compiler: DDLCompiler, **_: Any) -> str:
    return f"ALTER TABLE {element.source.name} DROP COLUMN {element.name}"


def stored_back(part: Part) -> TableClause:
    """Return the temporary table that holds the way back of `part` while a downgrade runs."""
    known = (
        column("key", part.key.type),
        column("action", Text()),
        column("canonical", Text()),
        column("drift", Text()),
    )
    return table(f"rekey_back_{part.noun}", *known)


def decide_steps(
    spec: Spec, dialect: str, stored: Stored, attached: Attached, *altered: ColumnElement[bool]
) -> list[Step]:
    """Return the first half of a downgrade from the journal of the newest run: what can go back.

    `attached` and `altered` are what only a connection can ask about created rows.

    The decision stands in the temporary tables `stored_back()` until `act_steps()` drops them.
    """
    return [
        Phase("Decide what goes back", _stored_rows(spec)),
        *lock(spec, dialect),
        Guard(which_run(spec)),
        *(Guard(made) for made in shape_checks(spec, dialect)),
        *(Guard(made) for made in key_claims(spec.parts, dialect)),
        *(
            step
            for part in spec.parts
            for step in analyzed(dialect, journal(part.table), "rekey_run", "rekey_action", part.key.name)
        ),
        *decided_back(spec, spec.parts, dialect, stored, attached, altered),
    ]


def act_steps(spec: Spec, dialect: str, stored: Stored) -> list[Step]:
    """Return the second half: put back what can go back, compare with the journal, record it."""
    return [
        Phase("Put back", _stored_rows(spec, Drift.UNTOUCHED)),
        *foreign_keys_before(spec, dialect),
        *_act(spec, dialect, stored),
        *settled(dialect),
        Phase("Compare with the journal", _stored_rows(spec, Drift.UNTOUCHED)),
        *_compare(spec, stored),
        Phase("Record"),
        *foreign_keys_broken(spec, dialect),
        Statement(
            "Record that the run was restored; its journal stays.",
            update(runs).where(runs.c.id == restorable_run()).values(outcome="restored"),
        ),
        *forgotten_back(spec.parts),
    ]


def forgotten_back(parts: Iterable[Part]) -> Iterator[Step]:
    """Yield the steps that drop what `decided_back` kept."""
    for part in parts:
        yield Statement("Drop what was noted.", DropTable(Table(stored_back(part).name, MetaData())))


def _stored_rows(spec: Spec, *drifts: Drift) -> Relation:
    """Return how many rows the way back has, or those of `drifts` alone."""
    wanted = [drift.value for drift in drifts or Drift]
    stored = [stored_back(part) for part in spec.parts]
    rows = union_all(*(select(func.count().label("rows")).where(back.c.drift.in_(wanted)) for back in stored))
    return select(func.sum(rows.subquery("rekey_stored").c.rows))


def drift_guards(spec: Spec) -> list[Step]:
    """Return the guards of `on_drift=abort`: any drift refuses."""
    return [Guard(check("drift", part.noun, drifted(part, stored_back(part)))) for part in spec.parts]


def decided_back(
    spec: Spec,
    parts: Sequence[Part],
    dialect: str,
    stored: Stored,
    attached: Attached,
    altered: Sequence[ColumnElement[bool]],
) -> Iterator[Step]:
    """Yield the steps that keep the way back of each of `parts`, the identity first, in its `stored_back()`."""
    identity = stored_back(spec.identity)
    for part in parts:
        decided = first_back(spec, part, identity, stored)
        kept_back = stored_back(part)
        yield Statement(
            f"Decide about {part.table.name}: which rows still are as the upgrade left them.",
            CreateTableAs(decided, kept_back.name, temporary=True),
        )
        yield from _indexed(kept_back)
        yield from analyzed(dialect, kept_back, "key", "action", "drift")
        if isinstance(part, Slots):
            replaced = replaced_back(spec.identity, part, kept_back, identity)
            yield Statement("The same for replaced rows, whose slot must be free.", _insert(kept_back, replaced))
    created = created_back(spec.identity, {part: stored_back(part) for part in parts[1:]}, attached, altered, stored)
    yield Statement("The same for created rows: they stay while anything hangs on them.", _insert(identity, created))


def _indexed(stored: TableClause) -> Iterator[Statement]:
    noted = Table(stored.name, MetaData(), Column("key", Text()), Column("drift", Text()))
    drifting = noted.c.drift != Drift.UNTOUCHED.value
    few = Index(f"{stored.name}_drifted", noted.c.key, sqlite_where=drifting, postgresql_where=drifting)
    yield Statement("Find these by their keys.", CreateIndex(Index(f"{stored.name}_key", noted.c.key)))
    yield Statement("Find those that stay: few, mostly none.", CreateIndex(few))


def _insert(target: TableClause, rows: Relation) -> Any:
    return insert(target).from_select([known.name for known in target.columns], rows)


def _going(part: Part, *actions: Action) -> ColumnElement[bool]:
    """Tell whether a row of the journal of `part` goes back and was one of `actions`."""
    kept, back = journal(part.table), stored_back(part)
    wanted = [action.value for action in actions]
    # Every journalled row of these actions is in `back`. To ask for those that stay is fast where there are none.
    stays = exists(select(1).where(back.c.key == kept.c[part.key.name], back.c.drift != Drift.UNTOUCHED.value))
    return and_(kept.c.rekey_run == restorable_run(), kept.c.rekey_action.in_(wanted), not_(stays))


def _act(spec: Spec, dialect: str, stored: Stored) -> Iterator[Step]:
    identity = spec.identity
    yield from _put_back(identity, stored, "Put the deleted shadows back, with all of their columns.", Action.DELETE)
    for slots in spec.slots:
        says = f"Hang the rekeyed rows of {slots.table.name} on their old owner."
        yield _undo(slots, says, (slots.owner,), Action.REKEY)
        says = f"Give the revived rows of {slots.table.name} their old status."
        yield _undo(slots, says, (slots.status,), Action.REVIVE)
        says = f"Put the deleted rows of {slots.table.name} back, with all of their columns."
        yield from _put_back(slots, stored, says, Action.MERGE, Action.REPLACE, Action.DROP)
    for tags in spec.tags:
        changed = (tags.tag,) if tags.status is None else (tags.tag, tags.status)
        says = f"Give the rows of {tags.table.name} their old name back."
        yield _undo(tags, says, changed, Action.REKEY)
        if tags.status is not None:
            says = f"Give the superseded rows of {tags.table.name} their old name and status back."
            yield _undo(tags, says, changed, Action.SUPERSEDE)
    # Only now: a foreign key may lead from the tags to these names.
    yield _undo(identity, "Give renamed rows their old spelling.", (identity.name,), Action.RENAME)
    back = stored_back(identity)
    created = select(back.c.key).where(back.c.drift == Drift.UNTOUCHED.value, back.c.action == Action.CREATE.value)
    yield Statement(
        "Delete the canonical rows that the upgrade created.", delete(identity.table).where(identity.key.in_(created))
    )


def _undo(part: Part, says: str, changed: Sequence[Any], *actions: Action) -> Statement:
    kept = journal(part.table)
    columns = [*changed, *([] if part.stamp is None else [part.stamp])]
    old = {known.key: kept.c[known.name] for known in columns}
    return Statement(
        says, update(part.table).values(old).where(part.key == kept.c[part.key.name], _going(part, *actions))
    )


def _put_back(part: Identity | Slots, stored: Stored, says: str, *actions: Action) -> Iterator[Statement]:
    """Re-insert rows with all columns, known or not: the journal's rows without the journal's own columns."""
    rows: Relation = select(every_column(journal(part.table))).select_from(journal(part.table))
    going = rows.where(_going(part, *actions))
    yield Statement(
        f"Take the rows to put back out of the journal of {part.table.name}.",
        CreateTableAs(going, _RETURNING.name, temporary=True),
    )
    yield from without_bookkeeping(_RETURNING)
    columns = stored.writable(part)
    read: list[ColumnElement[Any]] = [literal_column("*")]
    if columns is not None:
        read = [column(name) for name in columns]
    whole: Relation = select(*read).select_from(_RETURNING)
    yield Statement(says, PutBackRows(part.table, whole, columns))
    yield Statement("Drop what was taken out.", DropTable(_RETURNING))


def without_bookkeeping(copied: Table) -> Iterator[Statement]:
    """Yield what leaves only the application's columns in `copied`, a copy of rows of a journal."""
    for name in ("rekey_run", "rekey_action", "rekey_canonical"):
        yield Statement("Leave the journal's own column away.", _DropColumn(copied, name))


def _compare(spec: Spec, stored: Stored) -> Iterator[Step]:
    for part in spec.parts:
        kept = journal(part.table)
        touched = tuple(set(Action) - {Action.KEEP, Action.CREATE, Action.COLLISION})
        columns = compared(part, stored)
        differs = not_(SameRow([kept.c[known.name] for known in columns], columns))
        offending = (
            select(literal(str(part.table.name)).label("table"), kept.c[part.key.name].label("key"))
            .join_from(kept, part.table, part.key == kept.c[part.key.name], isouter=True)
            .where(_going(part, *sorted(touched)), or_(part.key.is_(None), differs))
        )
        yield Guard(check("not_as_before", part.noun, offending))

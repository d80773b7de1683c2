"""The way back while a downgrade runs: kept in temporary tables, one per part, indexed for those that act on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    MetaData,
    Table,
    TableClause,
    Text,
    and_,
    column,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    table,
    union_all,
)
from sqlalchemy.schema import CreateIndex, DropTable

from alembic_rekey.back.backward import Backward
from alembic_rekey.back.drift import Drift, drifted, restorable_run
from alembic_rekey.back.way_back import created_back, returnings
from alembic_rekey.guard.checks import check
from alembic_rekey.plan.judged import alike, keys_of, same_key
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Part, Relation, Spec
from alembic_rekey.sql.dialects.older import CreateTableAs
from alembic_rekey.sql.side_tables import journal
from alembic_rekey.sql.steps import Aside, Guard, Statement, Step, analyzed

__all__ = [
    "Beside",
    "decided_back",
    "drift_guards",
    "forgotten_back",
    "goes_back",
    "nothing_beside",
    "stays_behind",
    "stored_back",
    "stored_rows",
]


def stored_back(part: Part) -> TableClause:
    """Return the temporary table that holds the way back of `part` while a downgrade runs."""
    return table(
        f"rekey_back_{part.noun}",
        *(column(f"key_{place}", known.type) for place, known in enumerate(part.keys)),
        *(column(f"now_{place}", known.type) for place, known in enumerate(part.keys)),
        column("action", Text()),
        column("canonical", Text()),
        column("drift", Text()),
        column("moves", Integer()),
    )


Beside = Callable[[Part], Iterable[Step]]
"""What finds edits of the changed rows of a part that their own way back does not see."""


def nothing_beside(_part: Part) -> Iterable[Step]:
    """Return nothing: a connection has told every column."""
    return ()


def decided_back(
    backward: Backward, parts: Sequence[Part], dialect: str, beside: Beside = nothing_beside
) -> Iterator[Step]:
    """Yield the steps that keep the way back of each of `parts` in its `stored_back()`; the identity is the first.

    What `beside` finds, others are decided by: it comes once the changed rows of a part are.
    """
    spec = backward.spec
    for part in parts:
        kept = stored_back(part)
        parent = stored_back(spec.parent(part))
        # Where shadows return first, the rows that changed come behind them (`returnings`).
        changed = 1 if part is spec.identity and part.deletable else 0
        for number, returning in enumerate(returnings(part, backward)):
            if number == 0:
                first = returning(None if part is spec.identity else parent, None)
                yield from _decided(part, first, dialect)
            else:
                says = f"The same for the other rows of {part.table.name} that the run touched."
                yield Statement(says, _insert(kept, returning(parent, kept)))
            if number == changed:
                yield from beside(part)
    if spec.identity.creates:
        created = created_back(backward, {part: stored_back(part) for part in parts})
        says = "The same for created rows: they stay while anything hangs on them."
        yield Statement(says, _insert(stored_back(spec.identity), created))


def _decided(part: Part, decided: Relation, dialect: str) -> Iterator[Step]:
    kept = stored_back(part)
    yield Statement(
        f"Decide about {part.table.name}: which rows still are as the upgrade left them.",
        CreateTableAs(decided, kept.name),
    )
    yield from _indexed(part, kept)
    yield from analyzed(dialect, kept, "key_0", "action", "drift")


def _indexed(part: Part, stored: TableClause) -> Iterator[Statement]:
    noted = Table(stored.name, MetaData(), *(Column(name, Text()) for name in ("key_0", "now_0", "drift")))
    drifting = noted.c.drift != Drift.UNTOUCHED.value
    few = Index(f"{stored.name}_drifted", noted.c.key_0, sqlite_where=drifting, postgresql_where=drifting)
    yield Aside("Find these by their keys.", CreateIndex(Index(f"{stored.name}_key", noted.c.key_0)))
    yield Aside("Find those that stay: few, mostly none.", CreateIndex(few))
    if part.key_moves:
        yield Aside(
            "Find these by the keys that they have now.", CreateIndex(Index(f"{stored.name}_now", noted.c.now_0))
        )


def _insert(target: TableClause, rows: Relation) -> Any:
    return insert(target).from_select([known.name for known in target.columns], rows)


def goes_back(part: Part, *actions: Action) -> ColumnElement[bool]:
    """Tell whether a row of the journal of `part` goes back and was one of `actions`."""
    kept, back = journal(part), stored_back(part)
    wanted = sorted(action.value for action in actions)
    # Every journalled row of these actions is in `back`. To ask for those that stay is fast where there are none.
    keys = keys_of(part, kept)
    stays = exists(select(1).where(same_key(alike(back, "key"), keys), back.c.drift != Drift.UNTOUCHED.value))
    return and_(kept.c.rekey_run == restorable_run(), kept.c.rekey_action.in_(wanted), not_(stays))


def stored_rows(spec: Spec, *drifts: Drift) -> Relation:
    """Return how many rows the way back has, or those of `drifts` alone."""
    wanted = [drift.value for drift in drifts or Drift]
    stored = [stored_back(part) for part in spec.parts]
    rows = union_all(*(select(func.count().label("rows")).where(back.c.drift.in_(wanted)) for back in stored))
    return select(func.sum(rows.subquery("rekey_stored").c.rows))


def stays_behind(spec: Spec) -> ColumnElement[bool]:
    """Tell whether any row that the run changed does not go back."""
    drifted_rows = [select(1).where(stored_back(part).c.drift != Drift.UNTOUCHED.value) for part in spec.parts]
    return or_(*map(exists, drifted_rows))


def drift_guards(spec: Spec) -> list[Step]:
    """Return the guards of `on_drift=abort`: any drift refuses."""
    return [Guard(check("drift", part.noun, drifted(part, stored_back(part)))) for part in spec.parts]


def forgotten_back(parts: Iterable[Part]) -> Iterator[Step]:
    """Yield the steps that drop what `decided_back` kept."""
    for part in parts:
        yield Statement("Drop what was noted.", DropTable(Table(stored_back(part).name, MetaData())))

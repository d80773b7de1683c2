"""A plan is a relation: spec and registered names -> one `select()` per table; opens no connection.

Each select has our own columns (`sql.side_tables.bookkeeping`, without the run), then all columns of the table as they
stand, those that the revision does not know included. A dry run streams it, the upgrade inserts it into the journal.
Each kind of part decides in a module of its own, which `decisions` looks up by the part's class.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import singledispatch
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Text, cast, column, false, literal_column, null, select
from sqlalchemy.types import TypeEngine

from alembic_rekey.plan.answered import Answered
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.parts.identity import plan_identity
from alembic_rekey.plan.parts.references import plan_references
from alembic_rekey.plan.parts.slots import plan_slots
from alembic_rekey.plan.parts.tags import plan_tags
from alembic_rekey.spec import Identity, Part, References, Relation, Slots, Spec, Tags
from alembic_rekey.spec.part import unhandled
from alembic_rekey.sql.expressions import column_of
from alembic_rekey.sql.side_tables import bookkeeping, journal, to_name

__all__ = ["Planned", "decisions", "journalled", "nothing", "plan", "streamed"]

Keep = Callable[[Part, Relation], FromClause | None]
"""Keeps what the select of a part finds, where a reader may keep rows; None where it may not."""


@singledispatch
def decisions(part: Part, _spec: Spec, _names: Names, _answered: Answered | None, _planned: Planned) -> Relation:
    """Return the select that decides about the rows of `part`; `_planned` is the plan of the parts before it.

    Each kind of part has its own.
    """
    raise unhandled(part, "is planned")


decisions.register(Identity, plan_identity)
decisions.register(References, plan_references)
decisions.register(Slots, plan_slots)
decisions.register(Tags, plan_tags)


def plan(spec: Spec, names: Names, answered: Answered | None, planned: Planned) -> dict[Part, Relation]:
    """Return the plan: for each part of `spec` the select that decides; `answered` are a person's answers, if any.

    `planned` is where the plan of the parts before it is read: `journalled` in an upgrade.
    """
    return {part: decisions(part, spec, names, answered, planned) for part in spec.parts}


def streamed(
    spec: Spec,
    names: Names,
    there: Container[Part],
    answered: Answered | None = None,
    keep: Keep = lambda _part, _decided: None,
) -> tuple[dict[Part, Relation], Planned]:
    """Return the plan, and the same as relations over the tables themselves: for a dry run.

    Of parts that are not `there` the plan has no rows. What a part's select finds may be kept by `keep`, so that it
    is decided once and not wherever it is asked.
    """
    made, planned = dict[Part, Relation](), dict[Part, FromClause]()
    for part in spec.parts:
        if part in there:
            decided = decisions(part, spec, names, answered, planned)
            kept = keep(part, decided)
            made[part] = decided if kept is None else select(literal_column("*")).select_from(kept)
            known = _known(part, decided.subquery("rekey_planned") if kept is None else kept)
            planned[part] = _asked_once(part, known) if kept is None else known.subquery("rekey_planned")
        else:
            planned[part] = nothing(part)
    return made, planned


def journalled(spec: Spec, run: ColumnElement[int], stored: Mapping[str, Sequence[str]] | None = None) -> Planned:
    """Return the plan of `run` as relations over its journal.

    `stored` are the names of the columns that the database has, per noun: those that the revision does not know stand
    behind the others then.
    """
    planned: dict[Part, FromClause] = {}
    for part in spec.parts:
        kept = journal(part)
        columns: list[ColumnElement[Any]] = [known for known in kept.columns if known.name != "rekey_run"]
        columns += [column(name) for name in (stored or {}).get(part.noun, ()) if name not in kept.c]
        of_run = select(*columns).where(kept.c.rekey_run == run).select_from(kept).cte(f"rekey_planned_{part.noun}")
        # A name for a reader: nothing is gained by copying a journal.
        planned[part] = of_run.prefix_with("NOT MATERIALIZED")
    return planned


def _own(part: Part) -> Iterator[tuple[str, TypeEngine[Any]]]:
    types: dict[str, TypeEngine[Any]] = {to_name(known): known.type for known in part.keys}
    types["rekey_place"] = Integer()
    return ((name, types.get(name, Text())) for name in bookkeeping(part)[1:])


def _known(part: Part, planned: FromClause) -> Relation:
    columns = [column_of(planned, name, type_) for name, type_ in _own(part)]
    columns += [column_of(planned, known.name, known.type) for known in part.table.columns]
    return select(*columns).select_from(planned)


def _asked_once(part: Part, known: Relation) -> FromClause:
    return known.cte(f"rekey_plan_of_{part.noun}").prefix_with("MATERIALIZED")


def nothing(part: Part) -> FromClause:
    """Return the plan of a table that is not there: a relation without rows."""
    columns: list[ColumnElement[Any]] = [cast(null(), type_).label(name) for name, type_ in _own(part)]
    columns += [cast(null(), known.type).label(known.name) for known in part.table.columns]
    return select(*columns).where(false()).subquery("rekey_planned")

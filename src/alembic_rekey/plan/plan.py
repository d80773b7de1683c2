"""A plan is a relation: spec and registered names -> one `select()` per table; opens no connection.

Each select has the columns `rekey_action` and `rekey_canonical`, then all columns of the table as they stand,
those that the revision does not know included. A dry run streams it, the upgrade inserts it into the
journal. Each kind of part decides in a module of its own, which `decisions` looks up by the part's class.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch

from sqlalchemy import ColumnElement, FromClause, Text, cast, column, false, null, select

from alembic_rekey.plan.answered import Answered
from alembic_rekey.plan.identity import plan_identity
from alembic_rekey.plan.registered import Names
from alembic_rekey.plan.slots import plan_slots
from alembic_rekey.plan.tags import plan_tags
from alembic_rekey.spec import Identity, Part, Relation, Slots, Spec, Tags
from alembic_rekey.spec.part import unhandled
from alembic_rekey.sql.side_tables import journal

__all__ = ["Part", "Planned", "decisions", "journalled", "nothing", "plan", "streamed"]

Planned = Mapping[Part, FromClause]
"""Per part the plan as a relation with `rekey_action`, `rekey_canonical` and the columns that the revision knows."""


@singledispatch
def decisions(part: Part, _spec: Spec, _names: Names, _answered: Answered | None) -> Relation:
    """Return the select that decides about the rows of `part`; each kind of part has its own."""
    raise unhandled(part, "is planned")


decisions.register(Identity, plan_identity)
decisions.register(Slots, plan_slots)
decisions.register(Tags, plan_tags)


def plan(spec: Spec, names: Names, answered: Answered | None = None) -> dict[Part, Relation]:
    """Return the plan: for each part of `spec` the select that decides; `answered` are a person's answers, if any."""
    return {part: decisions(part, spec, names, answered) for part in spec.parts}


def streamed(spec: Spec, names: Names, answered: Answered | None = None) -> Planned:
    """Return the plan as relations over the tables themselves: for a dry run."""
    made = plan(spec, names, answered)
    return {part: _known(part, decided.subquery("rekey_planned")) for part, decided in made.items()}


def journalled(spec: Spec, run: ColumnElement[int]) -> Planned:
    """Return the plan of `run` as relations over its journal."""
    planned: dict[Part, FromClause] = {}
    for part in spec.parts:
        kept = journal(part.table)
        columns = [known for known in kept.columns if known.name != "rekey_run"]
        planned[part] = select(*columns).where(kept.c.rekey_run == run).subquery("rekey_planned")
    return planned


def _known(part: Part, planned: FromClause) -> FromClause:
    columns = [column("rekey_action", Text()), column("rekey_canonical", Text())]
    columns += [column(known.name, known.type) for known in part.table.columns]
    return select(*columns).select_from(planned).subquery("rekey_known_columns")


def nothing(part: Part) -> FromClause:
    """Return the plan of a table that is not there: a relation without rows."""
    columns = [cast(null(), Text).label("rekey_action"), cast(null(), Text).label("rekey_canonical")]
    columns += [cast(null(), known.type).label(known.name) for known in part.table.columns]
    return select(*columns).where(false()).subquery("rekey_planned")

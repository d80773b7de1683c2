"""What must hold after apply and before commit; a failed check aborts the upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    CTE,
    MetaData,
    Table,
    column,
    func,
    literal,
    select,
    table,
    union_all,
)
from sqlalchemy.schema import CreateTableAs, DropTable
from sqlalchemy.sql.ddl import ExecutableDDLElement

from alembic_rekey.apply import apply_counts
from alembic_rekey.counts import planned_rows
from alembic_rekey.guard import check
from alembic_rekey.names import Names
from alembic_rekey.plan import Planned
from alembic_rekey.rules import DELETED, Action
from alembic_rekey.side_tables import counts, current_run
from alembic_rekey.spec import Check, Relation, Spec
from alembic_rekey.steps import Guard, Statement, Step

__all__ = ["before", "foreign_keys_before", "foreign_keys_broken", "verification"]

_ROWS = table("rekey_rows_before", column("part"), column("rows"))
_BROKEN = table("rekey_broken_before", column("table"), column("rowid"), column("parent"), column("fkid"))


def before(spec: Spec, dialect: str) -> list[Step]:
    """Return the steps that note, in temporary tables, what the verification compares with."""
    rows = union_all(
        *(
            select(literal(part.noun).label("part"), func.count().label("rows")).select_from(part.table)
            for part in spec.parts
        )
    )
    steps: list[Step] = [
        Statement(
            "Note how many rows each table holds, to compare with after the changes.",
            _create(rows.subquery("rekey_noted"), _ROWS.name),
        )
    ]
    return [*steps, *foreign_keys_before(dialect)]


def foreign_keys_before(dialect: str) -> list[Step]:
    """Return the step that notes the foreign keys that lead nowhere already; PostgreSQL lets none do that."""
    if dialect != "sqlite":
        return []
    says = "Note the rows whose foreign keys lead nowhere already."
    return [Statement(says, _create(_foreign_key_check(), _BROKEN.name))]


def foreign_keys_broken(dialect: str) -> list[Step]:
    """Return the guard that foreign keys are no worse than they were noted to be."""
    if dialect != "sqlite":
        return []
    found, known = _foreign_key_check(), select(_BROKEN)
    broken = select(found).except_(known).subquery("rekey_broken")
    return [
        Guard(check("foreign_key_broken", "", select(broken))),
        Statement("Drop what was noted.", _drop(_BROKEN.name)),
    ]


def verification(spec: Spec, names: Names, planned: Planned, dialect: str) -> list[Step]:
    """Return the guards after apply, and the statements that clean up what `before` noted."""
    checks = [
        check("rows_lost", "", _rows_lost(spec)),
        check("count_differs", "", _count_differs(spec)),
        check("shadow_left", spec.identity.noun, _left(spec, names)),
        *_tags_left(spec, names),
        *_owner_lost(spec, planned),
    ]
    return [
        *(Guard(verified) for verified in checks),
        *foreign_keys_broken(dialect),
        Statement("Drop what was noted.", _drop(_ROWS.name)),
    ]


def _create(source: Any, name: str) -> ExecutableDDLElement:
    return CreateTableAs(select(source), name, temporary=True)


def _drop(name: str) -> ExecutableDDLElement:
    return DropTable(Table(name, MetaData()))


def _foreign_key_check() -> Any:
    return func.pragma_foreign_key_check().table_valued("table", "rowid", "parent", "fkid", name="rekey_found")


def _rows_lost(spec: Spec) -> Relation:
    per_part = [
        select(
            literal(str(part.table.name)).label("table"),
            select(_ROWS.c.rows).where(_ROWS.c.part == part.noun).scalar_subquery().label("before"),
            select(func.count()).select_from(part.table).scalar_subquery().label("after"),
            planned_rows(part, DELETED).label("deleted"),
            planned_rows(part, [Action.CREATE]).label("created"),
        )
        for part in spec.parts
    ]
    rows = union_all(*per_part).cte("rekey_row_balance")
    return select(rows).where(rows.c.after != rows.c.before - rows.c.deleted + rows.c.created)


def _count_differs(spec: Spec) -> Relation:
    expected = [
        select(
            literal(count.name.format(noun=part.noun)).label("name"),
            planned_rows(part, count.actions).label("journalled"),
        )
        for part in spec.parts
        for count in apply_counts(part)
    ]
    journalled: CTE = union_all(*expected).cte("rekey_expected")
    return (
        select(journalled.c.name, journalled.c.journalled, counts.c.value.label("reported"))
        .join_from(
            journalled,
            counts,
            (counts.c.name == journalled.c.name) & (counts.c.phase == "apply") & (counts.c.run_id == current_run()),
            isouter=True,
        )
        .where(counts.c.value.is_distinct_from(journalled.c.journalled))
    )


def _left(spec: Spec, names: Names) -> Relation:
    spelled = names.spelled(spec.identity.name)
    return select(literal(str(spec.identity.table.name)).label("table"), spelled.c.spelling, spelled.c.canonical).where(
        spelled.c.spelling != spelled.c.canonical
    )


def _tags_left(spec: Spec, names: Names) -> Iterator[Check]:
    for tags in spec.tags:
        spelled = names.spelled(tags.tag)
        left = select(literal(str(tags.table.name)).label("table"), spelled.c.spelling, spelled.c.canonical).where(
            spelled.c.spelling != spelled.c.canonical
        )
        yield check("alias_left", tags.noun, left)


def _owner_lost(spec: Spec, planned: Planned) -> Iterator[Check]:
    identities = planned[spec.identity]
    for slots in spec.slots:
        gone = select(identities.c[spec.identity.key.name]).where(identities.c.rekey_action == Action.DELETE.value)
        lost = select(
            literal(str(slots.table.name)).label("table"), slots.key.label("key"), slots.owner.label("owner")
        ).where(slots.owner.in_(gone))
        yield check("owner_lost", slots.noun, lost)

"""The whole of an upgrade as a program: record, plan into the journal, guard, apply, verify, finish."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Text,
    cast,
    delete,
    false,
    func,
    insert,
    literal,
    null,
    select,
    union_all,
)

from alembic_rekey.connection.deferred import settled
from alembic_rekey.connection.locks import lock
from alembic_rekey.fold.apply import apply_steps, finish
from alembic_rekey.fold.redirects import redirected
from alembic_rekey.fold.verify import before, verification
from alembic_rekey.guard.accounts import accounts_taken
from alembic_rekey.guard.answer_checks import answer_checks
from alembic_rekey.guard.checks import guards
from alembic_rekey.guard.claims.rows import stored_claims
from alembic_rekey.guard.claims.tables import astray
from alembic_rekey.guard.claims.times import time_checks
from alembic_rekey.guard.shape import shape_checks
from alembic_rekey.guard.stored import Stored
from alembic_rekey.guard.watches import Watches
from alembic_rekey.names.answers import Answers
from alembic_rekey.names.registry import Registry
from alembic_rekey.plan.answered import Answered, answer_rows
from alembic_rekey.plan.counts import counted_once, drop_counted, plan_counts
from alembic_rekey.plan.groups.registered import Names, rows
from alembic_rekey.plan.plan import journalled, plan
from alembic_rekey.report.left_behind import compared_columns, left_count, whole_journal
from alembic_rekey.spec import Relation, Spec
from alembic_rekey.sql.expressions import Clock, InsertRows
from alembic_rekey.sql.registry_text import RegistryText
from alembic_rekey.sql.side_tables import aliases, answers, counts, current_run, journal, runs
from alembic_rekey.sql.steps import Guard, Phase, Rows, Statement, Step, analyzed
from alembic_rekey.undo.put_back import tried

__all__ = ["names_of", "record", "upgrade_steps"]


def names_of(spec: Spec, registry: Registry) -> Names:
    """Return the names of the current run; none where groups are found in the data."""
    return Names.of_nobody() if spec.identity.found else Names.recorded(registry)


def record(spec: Spec, registry: Registry, dialect: str, given: Answers | None = None) -> list[Step]:
    """Return the statements that open a run, keep its inputs and insert the plan into the journals."""
    names, answered = names_of(spec, registry), None
    opened = select(
        func.coalesce(func.max(runs.c.id), 0) + 1,
        literal(spec.revision),
        literal(spec.identity.noun),
        _turn(spec),
        Clock(),
        literal(str(registry.path), RegistryText()),
        cast(null(), Text) if registry.sha256 is None else literal(registry.sha256),
    )
    columns = ["id", "revision", "noun", "turn", "started_at", "registry_path", "registry_sha256"]
    steps: list[Step] = [
        Statement("Open a run.", insert(runs).from_select(columns, opened, include_defaults=False)),
        Rows("Keep the registry as this run sees it.", aliases, {"run_id": current_run()}, list(rows(registry))),
        *analyzed(dialect, aliases, "run_id", "key"),
        Phase("Plan"),
    ]
    if given is not None:
        answered = Answered.recorded(given)
        says = "Keep the answers to collisions as this run sees them."
        steps.append(Rows(says, answers, {"run_id": current_run()}, list(answer_rows(given))))
    for part, decided in plan(spec, names, answered, journalled(spec, current_run())).items():
        planned: Relation = decided.with_only_columns(
            current_run(), *decided.selected_columns, maintain_column_froms=True
        )
        kept = journal(part)
        says = f"Plan {part.table.name}: what happens to each row, with the row as it is."
        steps += [
            Statement(says, InsertRows(kept, planned)),
            *analyzed(dialect, kept, "rekey_run", "rekey_action", *(str(known.name) for known in part.keys)),
        ]
    return steps


def _turn(spec: Spec) -> ColumnElement[int]:
    """Return which of the specs of its revision and noun this one is: those before it have just run."""
    mine = runs.c.revision == spec.revision, runs.c.noun == spec.identity.noun
    before = select(func.count() + 1).where(*mine, runs.c.outcome.in_(("applied", "empty")))
    return before.scalar_subquery()


def upgrade_steps(
    spec: Spec,
    registry: Registry,
    dialect: str,
    *,
    stored: Stored,
    watches: Watches,
    given: Answers | None = None,
    guarding: Sequence[Step] = (),
) -> list[Step]:
    """Return the whole program of an upgrade; `given` are the answers to collisions, where there are any.

    `stored` is what the catalog says of the tables, `watches` tell on SQLite which of them change.

    `guarding` are the guards that SQL alone cannot express alike on every database, for the place
    between plan and apply: what a connection or a script adds (see `foreign_keys`).
    """
    names = names_of(spec, registry)
    planned = journalled(spec, current_run())
    recorded = Answered.recorded(given) if given else None
    identity, kept = spec.identity, whole_journal(spec.identity, current_run())
    left = left_count(identity, kept, compared_columns(identity, stored), dialect, stored.filled)
    counted = union_all(plan_counts(spec, planned), left).subquery("rekey_counted")
    counted_plan = select(current_run(), literal("plan"), counted)
    return [
        *lock(spec, dialect),
        *(Guard(check) for check in (*astray(dialect), *shape_checks(spec, dialect))),
        *record(spec, registry, dialect, given),
        Phase("Check the plan"),
        counted_once(spec, planned),
        Statement(
            "Count what the plan names.",
            insert(counts).from_select(["run_id", "phase", "name", "value"], counted_plan),
        ),
        *(Guard(check) for check in guards(spec, names, planned)),
        *(Guard(check) for check in stored_claims(spec, names, dialect, planned)),
        *(Guard(check) for check in time_checks(spec, dialect, planned)),
        *(Guard(check) for check in answer_checks(spec, names, recorded, planned)),
        *guarding,
        *(step for part in spec.deletable for step in tried(part, stored, dialect)),
        *(
            [Statement("Try on no rows how created ones are taken away.", delete(identity.table).where(false()))]
            if identity.creates
            else ()
        ),
        *before(spec, dialect, watches),
        Phase(
            "Apply", select(func.sum(counts.c.value)).where(counts.c.run_id == current_run(), counts.c.phase == "apply")
        ),
        *apply_steps(spec, names, planned, dialect),
        *accounts_taken(dialect),
        # None of the application's changes: they are made once these are counted.
        *redirected(identity),
        *settled(dialect),
        Phase("Verify"),
        finish(),
        *verification(spec, names, planned, dialect, stored, watches),
        drop_counted(),
    ]

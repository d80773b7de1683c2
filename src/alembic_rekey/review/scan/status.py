"""Where a database stands: folds still to come, runs that were made, what was written under an alias since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from alembic_rekey.names.registry import registry_of
from alembic_rekey.report.runs import Run, recorded_runs
from alembic_rekey.review.made import Choice
from alembic_rekey.review.scan.findings import Unrecorded, WrittenSince
from alembic_rekey.review.scan.scan import named
from alembic_rekey.review.schema.held import Looking
from alembic_rekey.settings import Settings
from alembic_rekey.spec import Spec
from alembic_rekey.sql.side_tables import aliases

__all__ = ["Status", "status_of"]


@dataclass(frozen=True)
class Status:
    """What there is to say; `new` are the names of the registry that no run of its identity knew.

    `to` is what an upgrade of the `pending` folds is told to go to.
    """

    pending: Sequence[str]
    to: str
    runs: Sequence[Run]
    leftovers: Sequence[WrittenSince]
    unrecorded: Sequence[Unrecorded]
    new: Sequence[str]
    notes: Sequence[str]


def status_of(
    looking: Looking, settings: Settings, specs: Sequence[Spec], pending: Sequence[Choice], versions: str
) -> Status:
    """Look where the database of `looking` stands; `pending` are the folds that it lacks.

    Raises:
        RegistryRefused: where the registry cannot be used.
    """
    runs = recorded_runs(looking.connection)
    awaited = {choice.spec.identity.noun for choice in pending}
    found = named(looking, specs, settings.registry, versions, awaited)
    return Status(
        [choice.called for choice in pending],
        next((choice.to for choice in pending), "head"),
        runs,
        found.since,
        found.unrecorded,
        [] if pending else list(_new(looking, settings, specs, runs)),
        found.notes,
    )


def _new(looking: Looking, settings: Settings, specs: Sequence[Spec], runs: Sequence[Run]) -> Iterator[str]:
    standing = {run.noun: run.number for run in runs if run.outcome in ("applied", "empty")}
    for identity in {spec.identity.noun: spec.identity for spec in specs}.values():
        if identity.found or identity.noun not in standing:
            continue
        asked = select(aliases.c.alias).where(aliases.c.run_id == standing[identity.noun])
        known = set(looking.connection.execute(asked).scalars())
        registered = registry_of(settings.registry, identity)
        yield from (name.alias for name in registered.names if name.alias not in known)

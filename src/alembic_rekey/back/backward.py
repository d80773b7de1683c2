"""What every way back is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, FromClause

from alembic_rekey.back.drift import restorable_run
from alembic_rekey.guard.claims.hindrances import Hindrances
from alembic_rekey.guard.stored import Stored
from alembic_rekey.plan.becoming import becoming
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.plan import journalled
from alembic_rekey.spec import Part, Spec

__all__ = ["Backward", "backward_of"]


@dataclass(frozen=True)
class Backward:
    """The spec, its names, the run and its plan, and what the catalog says."""

    spec: Spec
    names: Names
    run: ColumnElement[int]
    planned: Planned
    stored: Stored
    hindrances: Hindrances = field(default_factory=Hindrances)

    @cached_property
    def lines(self) -> Mapping[Part, tuple[FromClause, dict[str, ColumnElement[Any]]]]:
        """What `becoming` returns of each part: once, since a statement that asks twice must know it for one."""
        return {part: becoming(part, self.spec, self.names, self.planned) for part in self.spec.parts}


def backward_of(spec: Spec, stored: Stored, hindrances: Hindrances, run: ColumnElement[int] | None = None) -> Backward:
    """Return what the way back of `run` is made of, by default that of the newest run that was not restored."""
    run = restorable_run() if run is None else run
    names = Names.of_nobody() if spec.identity.found else Names.of_run(run)
    return Backward(spec, names, run, journalled(spec, run, stored.columns), stored, hindrances)

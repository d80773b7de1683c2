"""A plan that was made, reading only, and the choice of the spec that it is of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic_rekey.errors import Finding
from alembic_rekey.names.registry import Registry
from alembic_rekey.report.document import Report
from alembic_rekey.review.tally import Tally
from alembic_rekey.spec import Spec

__all__ = ["Choice", "DryRun"]


@dataclass(frozen=True)
class Choice:
    """The spec that is planned, and what there is to say about the choice."""

    spec: Spec
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DryRun:
    """A plan that was made and written to `path`; `findings` is everything that an upgrade would refuse over."""

    spec: Spec
    registry: Registry
    report: Report
    path: Path
    fingerprint: str
    tally: Tally
    collisions: tuple[Finding, ...]
    integrity: tuple[Finding, ...]
    demands: tuple[Finding, ...]
    """What the settings ask of a plan and this one does not fulfil."""
    notes: tuple[str, ...]
    others: tuple[str, ...]
    """The other revisions that the same upgrade would fold with."""

    @property
    def would_refuse(self) -> bool:
        """Whether an upgrade of the same data would refuse."""
        return bool(self.collisions or self.integrity or self.demands)

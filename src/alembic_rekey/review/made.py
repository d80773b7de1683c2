"""A plan that was made, reading only, and the choice of the spec that it is of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic_rekey.errors import Finding
from alembic_rekey.names.answers import Answers
from alembic_rekey.names.registry import Registry
from alembic_rekey.plan.actions import written
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.report.document import Report
from alembic_rekey.report.rows import title_of
from alembic_rekey.review.questions import Question
from alembic_rekey.review.tally import Tally
from alembic_rekey.spec import Part, Spec
from alembic_rekey.spec.roles import read_by

__all__ = ["MOST_QUESTIONS", "Choice", "DryRun", "all_called", "beside", "changed_before", "told_apart", "turn_of"]

MOST_QUESTIONS = 5_000
"""Collisions that are held to be decided at once; further ones come when these are answered."""


def told_apart(spec: Spec, among: Iterable[Spec]) -> str:
    """Return what the fold of `spec` is called: its revision, where `among` others has several with its noun too."""
    beside = [other for other in among if other.revision == spec.revision]
    if len(beside) < 2:
        return spec.revision
    several = sum(other.identity.noun == spec.identity.noun for other in beside) > 1
    return f"{spec.revision} ({spec.identity.noun}{f', number {turn_of(spec, beside) or 1}' if several else ''})"


def turn_of(spec: Spec, among: Iterable[Spec]) -> int | None:
    """Return which of the specs that its revision has for its noun `spec` is, from 1.

    None if it is not there, and where it is the only one: then any run of that noun is its own, also a second one
    that was made since nobody restored the first.
    """
    mine = spec.revision, spec.identity.noun
    alike = [other for other in among if (other.revision, other.identity.noun) == mine]
    numbers = [number for number, other in enumerate(alike, 1) if other is spec]
    return numbers[0] if numbers and len(alike) > 1 else None


def all_called(specs: Sequence[Spec]) -> dict[str, Spec]:
    """Return the specs of a project by what their folds are called."""
    return {told_apart(spec, specs): spec for spec in specs}


@dataclass(frozen=True)
class Choice:
    """The spec that is planned, what there is to say about the choice, and every spec of the project.

    `finds_tables` says that its tables have to be there: nothing that is pending before it could make one.
    `to` is what an upgrade that takes all folds along is told to go to: `heads` where the project has several.
    `number` is its place among the folds of the upgrade, from 0, and `others` what the others are called.
    """

    spec: Spec
    notes: tuple[str, ...] = ()
    named: str = ""
    declared: tuple[Spec, ...] = ()
    is_applied: bool = False
    finds_tables: bool = False
    to: str = "head"
    number: int = 0
    others: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """The tables of it in which a fold before it changes what it decides by: it is planned as they are now."""

    @property
    def called(self) -> str:
        """What its fold is called: the revision, with the noun where that has several."""
        return self.named or self.spec.revision

    @property
    def fold(self) -> str | None:
        """What an answer to one of its collisions says that it is about, None where nothing else could be meant."""
        return self.called if self.others else None


@dataclass(frozen=True)
class DryRun:
    """A plan that was made and written to `path`; `findings` is everything that an upgrade would refuse over."""

    choice: Choice
    registry: Registry
    report: Report
    path: Path
    kept: Path | None
    """Where its report is kept, which is `path` unless that goes when the command ends."""
    fingerprint: str
    tally: Tally
    collisions: tuple[Finding, ...]
    questions: tuple[Question, ...]
    """The collisions, slot by slot, with what a person needs to decide them; `MOST_QUESTIONS` at most."""
    given: Answers | None
    """The answers that the plan was given."""
    integrity: tuple[Finding, ...]
    demands: tuple[Finding, ...]
    """What the settings ask of a plan and this one does not fulfil."""
    notes: tuple[str, ...]

    @property
    def spec(self) -> Spec:
        """What is planned."""
        return self.choice.spec

    @property
    def would_refuse(self) -> bool:
        """Whether an upgrade of the same data would refuse."""
        return bool(self.collisions or self.integrity or self.demands)


def changed_before(before: Sequence[DryRun], spec: Spec) -> tuple[str, ...]:
    """Return the tables of `spec` in which the plans before it change what its own decides by."""
    changes = [(part, one.tally) for one in before for part in one.spec.parts]
    found = (
        part.table.fullname
        for part in spec.parts
        for other, tally in changes
        if other.table.fullname == part.table.fullname and _changes(other, tally, read_by(part))
    )
    return tuple(dict.fromkeys(found))


def _changes(part: Part, tally: Tally, read: Collection[str]) -> bool:
    """Tell whether a plan adds rows to the table of `part`, deletes some, or writes to columns that are `read`."""
    made = {action for action in Action if tally.rows[title_of(part), action]}
    writes = {str(known.name) for action, columns in written(part).items() if action in made for known in columns}
    writes |= {str(part.stamp.name)} if part.stamp is not None and made - {Action.KEEP} else set()
    return bool(made & {Action.CREATE, *DELETED} or writes & {*read})


def beside(pending: Sequence[str], number: int, changed: Sequence[str]) -> Iterator[str]:
    """Yield what the plan with this number has to say about the others; those before it change rows of `changed`."""
    before, after = pending[:number], pending[number + 1 :]
    if before:
        yield f"planned on the rows as they are before revision {', '.join(before)}, which folds first."
    if changed:
        told = (
            f"rows of {', '.join(changed)} change before this fold: what this plan says, and the exit status of --check"
        )
        yield f"{told}, is no promise. The upgrade asks again, and carries out all folds or none."
    if after:
        yield f"the upgrade folds with revision {', '.join(after)} as well, which has a plan of its own."

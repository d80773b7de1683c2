"""How rows stand to what the upgrade left, and which run a downgrade is about."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    FromClause,
    ScalarSelect,
    Text,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    not_,
    select,
    values,
)

from alembic_rekey.errors import Finding
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.plan.actions import applied_counts
from alembic_rekey.plan.judged import alike, key_text
from alembic_rekey.spec import Check, Part, Relation, Spec
from alembic_rekey.sql.side_tables import counts, runs

__all__ = [
    "KEPT",
    "UNPROVEN",
    "Drift",
    "drifted",
    "no_run",
    "restorable_run",
    "unnamed_changes",
    "untouched",
    "which_run",
]


class Drift(StrEnum):
    """How a row stands to what the upgrade left; only untouched ones go back."""

    UNTOUCHED = "untouched"
    EDITED = "edited"
    DELETED = "deleted"
    TAKEN = "taken"
    ATTACHED = "attached"
    REFUSED = "refused"


KEPT: Mapping[Drift, tuple[str, str]] = {
    Drift.EDITED: ("it was edited since the upgrade", "leave it as it is now"),
    Drift.DELETED: ("it was deleted since the upgrade", "leave it deleted"),
    Drift.TAKEN: ("its old place is taken by another row, or what it referred to is gone", "leave it where it is now"),
    Drift.ATTACHED: ("rows hang on it that do not go back", "let it stay for them"),
    Drift.REFUSED: ("its table does not take it as it was: a NOT NULL or a CHECK refuses", "leave it where it is now"),
}
"""What each drift is, and what `on_drift=keep` does about it."""


def untouched(back: FromClause) -> ColumnElement[bool]:
    """Tell whether a row of a way back is untouched.

    Said as what it is not: of a word that a column is PostgreSQL expects few rows, and makes a loop of a join with all.
    """
    return back.c.drift.not_in(sorted(drift.value for drift in Drift if drift is not Drift.UNTOUCHED))


def restorable_run() -> ScalarSelect[int]:
    """Return the newest run that was not restored: the only one that can be."""
    return select(func.max(runs.c.id)).where(runs.c.outcome.in_(("applied", "empty"))).scalar_subquery()


def which_run(spec: Spec, turn: int | None) -> Check:
    """Return the check that the newest run that was not restored is the one of this revision and noun.

    `turn` is which of those that its revision has for this noun the spec is, where that is known.
    """
    asked = select(runs.c.id, runs.c.revision, runs.c.noun, runs.c.turn).where(runs.c.id == restorable_run())
    newest, noun = asked.subquery("rekey_newest"), spec.identity.noun
    alike = newest.c.revision == spec.revision, newest.c.noun == noun
    mine = alike if turn is None else (*alike, newest.c.turn == turn)
    there = select(literal(1)).select_from(newest).where(*mine)
    # Of one revision they are told apart by their nouns, of one noun by their turns.
    there_is: ColumnElement[str] = newest.c.revision + literal(" (") + newest.c.noun + literal(")")
    asked_for: ColumnElement[str] = literal(f"{spec.revision} ({noun})")
    if turn is not None:
        number = literal(", number ") + cast(newest.c.turn, Text) + literal(")")
        numbered = newest.c.revision + literal(" (") + newest.c.noun + number
        there_is = case((newest.c.noun == noun, numbered), else_=there_is)
        asked_for = case((newest.c.noun == noun, f"{spec.revision} ({noun}, number {turn})"), else_=asked_for)
    of_several = newest.c.revision == spec.revision
    other = case((of_several, there_is), else_=newest.c.revision)
    asked_for = case((of_several, asked_for), else_=literal(spec.revision))
    offending = select(
        func.coalesce(select(asked_for).select_from(newest).scalar_subquery(), spec.revision).label("revision"),
        func.coalesce(select(other).scalar_subquery(), "no revision").label("newest"),
    ).where(not_(exists(there)))
    return check("run_to_restore", "", offending)


def unnamed_changes(spec: Spec, run: ColumnElement[int]) -> Check:
    """Return the check that the spec names every kind of change that `run` counted: others would not be put back.

    That is so where another spec of the noun made it, or where the spec has lost a part since.
    """
    known = [count.name.format(noun=part.noun) for part in spec.parts for count in applied_counts(part)]
    made = select(counts.c.run_id.label("run"), counts.c.name, counts.c.value.label("rows"))
    offending = made.where(
        counts.c.run_id == run, counts.c.phase == "apply", counts.c.value > 0, counts.c.name.not_in(known)
    )
    return check("run_of_more", "", offending)


def no_run(spec: Spec) -> Finding:
    """Return what `which_run` would find where the side tables are gone and no query can tell."""
    words, said = (
        WORDING["run_to_restore"],
        {"revision": spec.revision, "newest": "no revision"},
    )
    return Finding("rekey_run_to_restore", words.sentence.format_map(said), words.remedy, said)


UNPROVEN: Mapping[Drift, tuple[str, str]] = {
    Drift.EDITED: ("what is stored is not what the run wrote, or more has changed", ""),
    Drift.DELETED: ("it is not there any more", ""),
    Drift.TAKEN: ("its old place would be taken, or its owner could not return", ""),
    Drift.ATTACHED: ("rows hang on it that would not go back", ""),
    Drift.REFUSED: ("its table would not take it as it was: a NOT NULL or a CHECK refuses", ""),
}
"""What each drift means before the commit, when nobody but the run can have written."""


def drifted(part: Part, back: FromClause, words: Mapping[Drift, tuple[str, str]] = KEPT) -> Relation:
    """Return the rows that drifted, with what each is and what `on_drift=keep` would do, in `words`."""
    lines = [(drift.value, what, keep) for drift, (what, keep) in words.items()]
    said = values(*(column(name, Text()) for name in ("drift", "what", "keep"))).data(lines).cte("rekey_drift")
    return (
        select(
            literal(str(part.table.name)).label("table"),
            key_text(alike(back, "key")).label("key"),
            back.c.action,
            back.c.canonical,
            said.c.what,
            said.c.keep,
        )
        # Outer: joined otherwise, SQLite reads all that may go back once for each word.
        .join_from(back, said, said.c.drift == back.c.drift, isouter=True)
        .where(back.c.drift != Drift.UNTOUCHED.value)
        .order_by(back.c.action, back.c.canonical, *alike(back, "key"))
    )

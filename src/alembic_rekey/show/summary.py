"""A plan and the recorded runs as text for a person.

The lists are read back from the report that was just written, one at a time and only as far as they
are shown: the text says what the document says, and needs no more memory for a larger plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from textwrap import wrap
from typing import Any

from alembic_rekey.errors import Finding
from alembic_rekey.plan.actions import LEFT_BEHIND
from alembic_rekey.plan.rules import Action
from alembic_rekey.plan.told_counts import Told, told_applied, told_planned
from alembic_rekey.report.rows import title_of
from alembic_rekey.report.runs import Run, run_called
from alembic_rekey.review.made import DryRun
from alembic_rekey.show.line import entry_line, listed_actions
from alembic_rekey.show.listing import left_values, listed
from alembic_rekey.show.origin import names_told
from alembic_rekey.spec import Identity, Part
from alembic_rekey.text.shown import counted, printable, shown, shown_beside

__all__ = [
    "DROPS",
    "LEFT",
    "by_slot",
    "plan_text",
    "plans_text",
    "runs_text",
    "sentence",
    "spellings",
    "verdict",
    "verdict_of_all",
]

_SENTENCE = 400
_ONE_MORE = {
    "head": 'alembic-rekey revision -m "fold later names", then alembic upgrade head',
    "heads": 'alembic-rekey revision -m "fold later names" --head REVISION, then alembic upgrade heads',
}
DROPS = (
    "the row goes and the value that stays is not touched. Where the old value is the right one, write it to "
    "the canonical's row before the upgrade; the journal and the report keep every dropped row."
)

LEFT = "values left behind: shadows hold them, and the row that stays does not get them"


def plans_text(plans: Sequence[DryRun], limit: int | None) -> Iterator[str]:
    """Yield the lines of all plans of one upgrade, in its order, and what it would do."""
    for made in plans:
        yield from plan_text(made, limit)
        if len(plans) > 1:
            yield ""
    if len(plans) > 1:
        yield verdict_of_all(plans)


def plan_text(made: DryRun, limit: int | None) -> Iterator[str]:
    """Yield the lines of a plan; lists are cut at `limit` entries, None shows all."""
    report = made.report
    yield f"Plan of revision {made.choice.called}, reading only: nothing was changed."
    yield ""
    yield f"  database     {printable(report.database)}"
    yield from (f"  {name:12} {printable(fact)}" for name, fact in names_told(made))
    yield f"  fingerprint  {made.fingerprint}"
    yield f"  report       {printable(str(made.kept or 'not kept'))}"
    yield from (f"  note         {printable(note)}" for note in made.notes)
    yield from _counts(told_planned(report.counts, made.tally.merged(made.spec)))
    yield from _refusals("Integrity errors", [*made.integrity, *made.demands], limit)
    yield from _collisions(made.collisions, limit)
    for part in made.spec.parts:
        yield from _part(made, part, limit)
    yield ""
    yield verdict(made)


def runs_text(runs: Sequence[Run], database: str) -> Iterator[str]:
    """Yield a table of runs, oldest first; below each what it counted."""
    if not runs:
        yield f"No run is recorded in {printable(database)}."
        return
    head = ("run", "revision", "outcome", "started", "finished", "fingerprint")
    lines = [
        (str(r.number), run_called(r, runs), r.outcome or "-", r.started_at, r.finished_at or "-", r.plan_sha256 or "-")
        for r in runs
    ]
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    for line, run in zip((head, *lines), (None, *runs), strict=True):
        yield "  ".join(printable(cell).ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        if run is not None:
            told = [one.text for one in told_applied(run.counts("plan"), run.counts("apply")) if one.value]
            beside = " " * (widths[0] + 2)
            yield from wrap(", ".join(told) or "touched no row", 120, initial_indent=beside, subsequent_indent=beside)


def _counts(counts: Sequence[Told]) -> Iterator[str]:
    yield from _heading("Counts")
    width = max(len(one.name) for one in counts)
    yield from (f"  {one.name.ljust(width)}  {one.value:>7,}  {one.note}".rstrip() for one in counts)


def _refusals(title: str, findings: Sequence[Finding], limit: int | None) -> Iterator[str]:
    if not findings:
        return
    yield from _heading(f"{title} ({len(findings):,}): the upgrade refuses")
    yield from _cut((f"  - {sentence(one.sentence)}" for one in findings), len(findings), limit)
    yield from (f"  what to do: {remedy}" for remedy in dict.fromkeys(finding.remedy for finding in findings))


def sentence(text: str) -> str:
    """Return a sentence about rows on one line, cut with a note."""
    rest = len(text) - _SENTENCE
    return printable(text[:_SENTENCE]) + (f"… {rest:,} more characters" if rest > 0 else "")


def _collisions(findings: Sequence[Finding], limit: int | None) -> Iterator[str]:
    """Yield each slot in collision with all of its live values."""
    if not findings:
        return
    slots = by_slot(findings)
    yield from _heading(f"Collisions ({len(slots):,}): the upgrade refuses until a person decides")
    entries = (
        "\n".join(
            (
                f"  {table}: {shown(canonical)} at {sentence(slot)}",
                *(
                    f"    row {shown(r['key'])}, under {shown(r['written_under'])}, says "
                    f"{shown_beside(r['value'], rows[not number and len(rows) > 1]['value'])}"
                    for number, r in enumerate(rows)
                ),
            )
        )
        for (table, canonical, slot), rows in slots.items()
    )
    yield from _cut(entries, len(slots), limit)
    yield f"  what to do: {findings[0].remedy}"


def by_slot(collisions: Iterable[Finding]) -> dict[tuple[str, str, str], list[Mapping[str, Any]]]:
    """Return the live rows of each slot in collision, by table, canonical and slot."""
    slots: dict[tuple[str, str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for finding in collisions:
        row: Mapping[str, Any] = finding.arguments
        slots[row["table"], row["canonical"], row["slot"]].append(row)
    return slots


def spellings(made: DryRun, part: Part, action: Action) -> Iterator[tuple[str, str, int]]:
    """Yield each name as it is written, its canonical and how many rows of `part` have that action."""
    return made.tally.spellings(title_of(part), action)


def _part(made: DryRun, part: Part, limit: int | None) -> Iterator[str]:
    title, table = title_of(part), part.table.name
    if part is made.spec.identity:
        yield from _left_behind(made, made.spec.identity, limit)
    for action, says in listed_actions(part):
        if number := made.tally.rows[title, action]:
            yield from _heading(f"{table}: {says} ({number:,})")
            entries = (f"  {entry_line(part, entry)}" for entry in listed(made.path, title, action))
            yield from _cut(entries, number, limit)
            if action is Action.DROP:
                yield f"  what to do: {DROPS}"
    if number := made.tally.rows[title, Action.REKEY]:
        yield from _heading(f"{table}: rekeyed ({number:,})")
        found = (
            f"  {shown(written)} -> {shown(canonical)}: {counted(rows, 'row')}"
            for written, canonical, rows in spellings(made, part, Action.REKEY)
        )
        yield from _cut(found, sum(1 for _ in spellings(made, part, Action.REKEY)), limit)


def _left_behind(made: DryRun, identity: Identity, limit: int | None) -> Iterator[str]:
    """Yield each value that a shadow holds and the row that stays does not get."""
    if not (number := made.report.counts[LEFT_BEHIND.format(noun=identity.noun)]):
        return
    yield from _heading(f"{identity.table.name}: {LEFT} ({number:,})")
    entries = (
        f"  {shown(one.name)} -> {shown(one.canonical)}: row {shown(one.key)} has {printable(one.column)}="
        f"{shown_beside(one.value, one.other)}, {one.stays_with}"
        for one in left_values(made.path, identity)
    )
    yield from _cut(entries, number, limit)


def verdict(made: DryRun) -> str:
    """Return what an upgrade of the same data would do with this plan, as one sentence."""
    upgrade = f"Revision {made.choice.called}" if made.choice.others else "The upgrade"
    upgrade += ", on its rows as they are now," if made.choice.changed else ""
    if made.choice.is_applied and not made.report.is_empty:
        if made.would_refuse:
            return "Every fold is applied, and one more would refuse this plan."
        return f"Every fold is applied, and one more would carry this plan out: {_ONE_MORE[made.choice.to]}"
    if made.would_refuse:
        return f"{upgrade} would refuse this plan."
    if made.report.is_empty:
        return f"The plan is empty: {upgrade[0].lower()}{upgrade[1:]} would touch no row."
    return f"{upgrade} would carry this plan out" + (
        "." if made.choice.others else f": alembic upgrade {made.choice.to}"
    )


def verdict_of_all(plans: Sequence[DryRun]) -> str:
    """Return what an upgrade would do that has several plans, as one sentence."""
    is_applied = all(made.choice.is_applied for made in plans)
    said = "Every fold is applied" if is_applied else f"{len(plans)} folds are pending"
    if unsure := [made.choice.called for made in plans if made.choice.changed]:
        said += f", revision {', '.join(unsure)} on rows that change before it"
    if refusing := [made.choice.called for made in plans if made.would_refuse]:
        refused = f"would refuse the plan of revision {', '.join(refusing)}"
        if is_applied:
            return f"{said}, and one more {refused}."
        return f"{said}: the upgrade {refused}, and carry none out."
    touching = [made.choice.called for made in plans if not made.report.is_empty]
    if not touching:
        return f"{said}, and every plan is empty: the upgrade would touch no row."
    if is_applied:
        return f"{said}, and one more would touch rows: {_ONE_MORE[plans[0].choice.to]}"
    upgrade = f"alembic upgrade {plans[0].choice.to}"
    return f"{said}: the upgrade would carry out what revision {', '.join(touching)} plans: {upgrade}"


def _heading(text: str) -> tuple[str, str]:
    return "", text


def _cut(entries: Iterable[str], number: int, limit: int | None) -> Iterator[str]:
    yield from islice(entries, limit)
    if limit is not None and number > limit:
        yield f"  … and {number - limit:,} more (--all shows them)"

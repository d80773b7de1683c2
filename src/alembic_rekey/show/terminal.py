"""A plan and the recorded runs for a terminal: the same as in plain text, with colours and in tables.

Values come as `Text` that was made printable, never as markup: none can style or move anything.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from alembic_rekey.errors import Finding
from alembic_rekey.plan.actions import LEFT_BEHIND
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.plan.told_counts import Told, told_applied, told_planned
from alembic_rekey.report.rows import title_of
from alembic_rekey.report.runs import Run, run_called
from alembic_rekey.review.made import DryRun
from alembic_rekey.show.line import listed_actions
from alembic_rekey.show.listing import left_values, listed
from alembic_rekey.show.origin import names_told
from alembic_rekey.show.summary import DROPS, LEFT, by_slot, sentence, spellings, verdict, verdict_of_all
from alembic_rekey.show.terminal_rows import SOFT, entry_rows, grid, marked
from alembic_rekey.spec import Identity, Part
from alembic_rekey.text.shown import printable, shown

__all__ = ["lines_screen", "plans_screen", "runs_screen", "show"]

_BAD, _GOOD, _HEAD = "bold red", "bold green", "bold cyan"
_OUTCOMES = {"applied": "green", "restored": "yellow"}


def show(screen: Iterable[RenderableType]) -> None:
    """Print on the terminal that standard output is; its width, TERM and NO_COLOR are respected."""
    console = Console(file=sys.stdout, markup=False, emoji=False, highlight=False)
    for piece in screen:
        # A line of text is left to the terminal to wrap, so that a fingerprint can be copied whole.
        console.print(piece, soft_wrap=isinstance(piece, Text))


def plans_screen(plans: Sequence[DryRun], limit: int | None) -> Iterator[RenderableType]:
    """Yield all plans of one upgrade, in its order, and what it would do."""
    for made in plans:
        yield from _plan_screen(made, limit)
        if len(plans) > 1:
            yield Text()
    if len(plans) > 1:
        yield Text(verdict_of_all(plans), "bold")


def _plan_screen(made: DryRun, limit: int | None) -> Iterator[RenderableType]:
    """Yield a plan; lists are cut at `limit` entries, None shows all."""
    report = made.report
    yield Text(f"Plan of revision {made.choice.called}, reading only: nothing was changed.", "bold")
    kept = {"fingerprint": made.fingerprint, "report": str(made.kept or "not kept")}
    for name, fact in {"database": report.database, **dict(names_told(made)), **kept}.items():
        yield Text.assemble((f"  {name:12} ", SOFT), printable(fact))
    yield from (Text.assemble(("  note         ", "yellow"), printable(note)) for note in made.notes)
    yield from _counts(told_planned(report.counts, made.tally.merged(made.spec)))
    yield from _refusals([*made.integrity, *made.demands], limit)
    yield from _collisions(made.collisions, limit)
    for part in made.spec.parts:
        yield from _part(made, part, limit)
    tone = _BAD if made.would_refuse else "bold yellow" if report.is_empty else _GOOD
    yield Text(f"\n{verdict(made)}", tone)


def runs_screen(runs: Sequence[Run], database: str) -> Iterator[RenderableType]:
    """Yield the recorded runs, oldest first, with what each counted."""
    if not runs:
        yield Text(f"No run is recorded in {printable(database)}.")
        return
    made = grid("run", "revision", "outcome", "started", "finished")
    for run in runs:
        outcome = Text(printable(run.outcome or "-"), _OUTCOMES.get(run.outcome or "", ""))
        times = [Text(printable(time or "-")) for time in (run.started_at, run.finished_at)]
        made.add_row(str(run.number), Text(run_called(run, runs)), outcome, *times)
    yield made
    for run in runs:
        told = told_applied(run.counts("plan"), run.counts("apply"))
        said = ", ".join(one.text for one in told if one.value)
        yield Padding(Text.assemble((f"run {run.number}: ", "bold"), said or "touched no row"), (1, 0, 0, 0))
        yield Text.assemble(("fingerprint ", SOFT), printable(run.plan_sha256 or "-"))


def lines_screen(lines: Iterable[str]) -> Iterator[RenderableType]:
    """Yield lines of plain text, what is not indented as a heading."""
    for line in lines:
        remedy = line.startswith("  what to do:")
        yield Text(line, _GOOD if remedy else "" if line.startswith(" ") else _HEAD)


def _counts(counts: Sequence[Told]) -> Iterator[RenderableType]:
    yield _heading("Counts")
    made = Table(box=None, show_header=False, padding=(0, 2))
    made.add_column(justify="left", overflow="fold")
    made.add_column(justify="right")
    made.add_column(justify="left")
    for name, value, note in counts:
        blocks = value and name.endswith("_collisions")
        made.add_row(Text(name), Text(f"{value:,}", _BAD if blocks else "bold" if value else SOFT), Text(note, SOFT))
    yield made


def _refusals(findings: Sequence[Finding], limit: int | None) -> Iterator[RenderableType]:
    if not findings:
        return
    yield _heading(f"Integrity errors ({len(findings):,}): the upgrade refuses", _BAD)
    for finding in islice(findings, limit):
        yield Padding(Text(f"- {sentence(finding.sentence)}"), (0, 0, 0, 2))
    yield from _more(len(findings), limit)
    yield from _remedies(finding.remedy for finding in findings)


def _collisions(findings: Sequence[Finding], limit: int | None) -> Iterator[RenderableType]:
    if not findings:
        return
    slots = by_slot(findings)
    yield _heading(f"Collisions ({len(slots):,}): the upgrade refuses until a person decides", _BAD)
    made = grid("where", "row", "says")
    for (table, canonical, slot), rows in islice(slots.items(), limit):
        where = Text.assemble((shown(canonical), "bold"), f" at {sentence(slot)}\n", (table, SOFT))
        for number, row in enumerate(rows):
            who = Text(f"{shown(row['key'])}\nunder {shown(row['written_under'])}")
            says = marked(rows[not number and len(rows) > 1]["value"], row["value"])
            made.add_row("" if number else where, who, says, end_section=number == len(rows) - 1)
    yield made
    yield from _more(len(slots), limit)
    yield from _remedies([findings[0].remedy])


def _part(made: DryRun, part: Part, limit: int | None) -> Iterator[RenderableType]:
    title, table = title_of(part), part.table.name
    if part is made.spec.identity:
        yield from _left_behind(made, made.spec.identity, limit)
    for action, says in listed_actions(part):
        if number := made.tally.rows[title, action]:
            yield _heading(f"{table}: {says} ({number:,})", "bold magenta" if action in DELETED else _HEAD)
            yield entry_rows(part, islice(listed(made.path, title, action), limit))
            yield from _more(number, limit)
            if action is Action.DROP:
                yield from _remedies([DROPS])
    if number := made.tally.rows[title, Action.REKEY]:
        found = list(spellings(made, part, Action.REKEY))
        yield _heading(f"{table}: rekeyed ({number:,})")
        rekeyed = grid("written as", "canonical", "rows")
        for written, canonical, rows in found[:limit]:
            rekeyed.add_row(Text(shown(written)), Text(shown(canonical)), Text(f"{rows:,}"))
        yield rekeyed
        yield from _more(len(found), limit)


def _left_behind(made: DryRun, identity: Identity, limit: int | None) -> Iterator[RenderableType]:
    if not (number := made.report.counts[LEFT_BEHIND.format(noun=identity.noun)]):
        return
    yield _heading(f"{identity.table.name}: {LEFT} ({number:,})", "bold magenta")
    left = grid("shadow", "column", "left behind", "stays")
    for one in islice(left_values(made.path, identity), limit):
        shadow = Text.assemble((shown(one.name), "bold"), f" -> {shown(one.canonical)}\nrow {shown(one.key)}")
        value, stays = marked(one.other, one.value), Text(one.stays_with)
        left.add_row(shadow, Text(printable(one.column)), value, stays)
    yield left
    yield from _more(number, limit)


def _heading(text: str, style: str = _HEAD) -> Text:
    return Text(f"\n{text}", style)


def _more(number: int, limit: int | None) -> Iterator[Text]:
    if limit is not None and number > limit:
        yield Text(f"… and {number - limit:,} more (--all shows them)", SOFT)


def _remedies(remedies: Iterable[str]) -> Iterator[RenderableType]:
    for remedy in dict.fromkeys(remedies):
        yield Padding(Text.assemble(("what to do: ", _GOOD), remedy), (0, 0, 0, 2))

"""Where a database stands as text and as values for a program; and its runs for a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from alembic_rekey.report.runs import Run, run_called
from alembic_rekey.review.scan.status import Status
from alembic_rekey.show.scanned import STAMPED, never_ran
from alembic_rekey.text.shown import printable, shown

__all__ = ["runs_document", "status_document", "status_text"]


def runs_document(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return the runs, oldest first, with what each counted in its plan and when it was applied."""
    told = ("revision", "noun", "turn", "outcome", "started_at", "finished_at", "restored_at", "registry_path")
    return [
        {
            "run": run.number,
            **{name: getattr(run, name) for name in told},
            "registry_sha256": run.registry_sha256,
            "fingerprint": run.plan_sha256,
            "plan": run.counts("plan"),
            "apply": run.counts("apply"),
        }
        for run in runs
    ]


def status_document(found: Status) -> dict[str, Any]:
    """Return what `status_text` says."""
    return {
        "pending": list(found.pending),
        "applied": runs_document(found.runs),
        "leftovers": [asdict(one) for one in found.leftovers],
        "unrecorded": [asdict(one) for one in found.unrecorded],
        "new_names": list(found.new),
        "notes": list(found.notes),
    }


def status_text(found: Status, database: str, limit: int | None) -> Iterator[str]:
    """Yield the lines; lists are cut at `limit` entries, None shows all."""
    standing = [run for run in found.runs if run.outcome in ("applied", "empty")]
    yield f"Where {printable(database)} stands; reading only: nothing was changed."
    yield f"  pending    {', '.join(found.pending) or 'none: every fold is applied'}"
    last = (
        f"; the last is run {standing[-1].number} of revision {run_called(standing[-1], found.runs)}"
        if standing
        else ""
    )
    yield f"  applied    {len(standing):,} of {len(found.runs):,} recorded runs stand{last}"
    rows = sum(one.rows for one in found.leftovers)
    left = "stand under an alias" if found.unrecorded else "were written under an alias since"
    yield f"  leftovers  {f'{rows:,} rows {left}' if rows else 'none'}"
    for one in islice(found.leftovers, limit):
        when = f", {one.day}" if one.day else ""
        place = f"{printable(one.table)}.{printable(one.column)}"
        yield f"    {place}: {shown(one.alias)} -> {shown(one.canonical)}, {one.rows:,} rows{when}"
    yield from _more(len(found.leftovers), limit)
    yield from (f"  no run     {never_ran(one)}" for one in found.unrecorded)
    yield from (f"  note       {printable(note)}" for note in found.notes)
    if found.new:
        named = ", ".join(map(shown, islice(found.new, limit)))
        yield f"  new names  {len(found.new):,} in the registry that no run knew: {named}"
        yield from _more(len(found.new), limit)
    if found.pending:
        upgrade = f"alembic upgrade {found.to}"
        yield f"  what to do: alembic-rekey plan shows what the upgrade would do; {upgrade} does it."
    elif found.unrecorded:
        yield f"  what to do: {STAMPED}"
    elif rows or found.new:
        yield '  what to do: alembic-rekey revision -m "…" makes one more fold; alembic-rekey scan looks for more.'
        if rows:
            yield "  Something still writes under an alias: find that first, or it will be so again."


def _more(number: int, limit: int | None) -> Iterator[str]:
    if limit is not None and number > limit:
        yield f"    … and {number - limit:,} more (--all shows them)"

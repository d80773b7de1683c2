"""What was measured, as text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from statistics import median

from measure import NAMES, WAYS, Series

__all__ = ["growth", "ratios", "registries", "statements"]

MEGA = 1_000_000
TIMES = ("seconds", "x floor", "CPU s", "x floor", "with report", "x floor")
HEADINGS = ("way", *TIMES, "process", "peak MB", "grew MB", "wrote MB")
FORM = "{:34}{:>9}{:>9}{:>9}{:>9}{:>13}{:>9}{:>9}{:>9}{:>9}{:>10}"


def ratios(series: Series) -> str:
    """The table of one size: seconds and CPU seconds without the report file, seconds with it, against the floor."""
    lines = [f"\n{series.dialect}, {series.rows:,} rows", FORM.format(*HEADINGS)]
    for way in series.runs:
        known = WAYS[way]
        timed = []
        for what, floors in (("net", "net"), ("cpu", "cpu"), ("seconds", "net")):
            floor = series.of(known.floor, floors) if known.floor in series.runs else 0.0
            timed += [f"{series.of(way, what):.2f}", f"{series.of(way, what) / floor:.2f}" if floor else "-"]
        bytes_ = [f"{series.of(way, what) / MEGA:.0f}" for what in ("peak", "grown", "written")]
        lines.append(FORM.format(known.says, *timed, f"{series.of(way, 'process'):.2f}", *bytes_))
    lines += series.flagged
    return "\n".join(lines)


def statements(series: Series, most: int) -> str:
    """The costliest statements of our ways, by median."""
    lines = []
    for way in ("up", "down", "plan"):
        if way not in series.runs:
            continue
        taken: dict[tuple[int, str], list[float]] = defaultdict(list)
        for run in series.runs[way]:
            for number, (seconds, statement) in enumerate(run["statements"]):
                taken[number, statement].append(seconds)
        costly = sorted(((median(seconds), statement) for (_, statement), seconds in taken.items()), reverse=True)
        lines.append(f"  {way}: {sum(seconds for seconds, _ in costly):.2f} s in {len(costly)} statements")
        lines += [f"  {seconds:8.2f}  {' '.join(statement.split())[:110]}" for seconds, statement in costly[:most]]
    return "\n".join(lines)


def registries(taken: Mapping[str, Mapping[int, list[float]]]) -> str:
    """What a large registry costs more than a small one, in CPU seconds."""
    small, large = NAMES
    return "\n".join(
        f"registry of {large:,} names instead of {small}, {way}: "
        f"{median(cpu[large]) - median(cpu[small]):+.2f} CPU s ({median(cpu[small]):.2f} -> {median(cpu[large]):.2f})"
        for way, cpu in taken.items()
    )


def growth(every: Mapping[int, Series]) -> str:
    """How seconds and memory grow from one size to the next."""
    sizes = sorted(every)
    lines = []
    for small, large in pairwise(sizes):
        for way in ("floor", "up", "down", "plan"):
            if way in every[small].runs and way in every[large].runs:
                seconds = every[large].of(way, "net") / every[small].of(way, "net")
                peak = every[large].of(way, "peak") / every[small].of(way, "peak")
                lines.append(
                    f"{small:,} -> {large:,} rows, {way}: {seconds:.1f} x the seconds, {peak:.2f} x the memory"
                )
    return "\n".join(lines)

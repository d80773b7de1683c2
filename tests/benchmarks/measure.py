"""Measures ways side by side on one database of one size, and compares the rows that they end in."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from plans import QUADRATIC
from stores import Store, registry_for, registry_of

from server import clean_environment

__all__ = ["DEFAULT_WAYS", "NAMES", "SLOW_UP_TO", "WAYS", "Series", "measured", "names_cost"]

PATIENCE_SECONDS = 3600
SLOW_UP_TO = 30_000
NAMES = (6, 50_001)
"""Names of the registries whose cost is compared."""
CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class Way:
    """One way to get rows folded, or back: what it is compared with, and what it starts from."""

    says: str
    floor: str
    direction: str = "up"
    slow: bool = False


WAYS = {
    "floor": Way("floor: hand-written SQL", "floor"),
    "up": Way("alembic upgrade head", "floor"),
    "script": Way("upgrade script, in the shell", "floor"),
    "rows": Way("a query per row", "floor", slow=True),
    "orm": Way("an ORM loop", "floor", slow=True),
    "floor-down": Way("floor of the way back", "floor-down", "down"),
    "down": Way("alembic downgrade -1", "floor-down", "down"),
    "script-down": Way("downgrade script, in the shell", "floor-down", "down"),
    "plan": Way("alembic-rekey plan", "floor", "none"),
}
DEFAULT_WAYS = tuple(WAYS)
UPGRADED = "upgraded"


@dataclass
class Series:
    """All that was measured on one database of one size."""

    rows: int
    dialect: str
    runs: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)
    flagged: list[str] = field(default_factory=list)

    def of(self, way: str, what: str) -> float:
        """The median of one figure."""
        return float(median(run[what] for run in self.runs[way]))


def measured(store: Store, rows: int, ways: Sequence[str], repeat: int, explain: Path | None) -> Series:
    """Every way `repeat` times, in turn."""
    series = Series(rows, store.dialect)
    original = store.filled(rows)
    expected: dict[str, object] = {"down": store.checksum(original), "none": store.checksum(original)}
    with _folder() as folder:
        if any(WAYS[way].direction == "down" for way in ways):
            _child("up", store, store.copy(original, UPGRADED), registry_for(store.schema, rows), folder)
            expected["up"] = store.checksum(UPGRADED)
        for number in range(repeat):
            for way in ways:
                start = UPGRADED if WAYS[way].direction == "down" else original
                series.runs[way].append(_once(store, start, way, rows, folder))
                if number == 0:
                    found = store.checksum("measured")
                    if expected.setdefault(WAYS[way].direction, found) != found:
                        series.failures.append(f"{store.dialect}, {rows} rows: {way} ends in other rows")
        for way in ("up", "down") if explain else ():
            if way in ways:
                plans = explain / f"{store.dialect}-{rows}-{way}.txt"
                start = UPGRADED if way == "down" else original
                _child(way, store, store.copy(start, "measured"), registry_for(store.schema, rows), folder, plans)
                series.flagged += [f"{plans.name}: {line.strip()}" for line in _flagged(plans)]
    for name in ("measured", UPGRADED):
        store.drop(name)
    return series


def names_cost(store: Store, rows: int, repeat: int) -> dict[str, dict[int, list[float]]]:
    """CPU seconds of our ways for registries of different sizes: way -> names -> each run."""
    original = store.filled(rows)
    taken: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    with _folder() as folder:
        for _ in range(repeat):
            for way in ("up", "down", "plan", "script"):
                for names in NAMES:
                    registry = registry_of(names)
                    url = store.copy(original, "measured")
                    if way == "down":
                        _child("up", store, url, registry, folder)
                    cpu = store.cpu()
                    run = _child(way, store, url, registry, folder)
                    taken[way][names].append(run["cpu"] + store.cpu() - cpu)
    store.drop("measured")
    return taken


def _once(store: Store, start: str, way: str, rows: int, folder: Path) -> dict[str, Any]:
    url = store.copy(start, "measured")
    size, log, cpu = store.size("measured"), store.written(), store.cpu()
    run = _child(way, store, url, registry_for(store.schema, rows), folder)
    if way.startswith("script"):
        seconds, shell = _in_shell(store, url, folder / "script.sql")
        run["seconds"] += seconds
        run["cpu"] += shell
    run["cpu"] += store.cpu() - cpu
    run["net"] = run["seconds"] - run["report"]
    run["grown"] = store.size("measured") - size
    run["written"] = (store.written() - log) or run["written"]
    return run


def _child(
    way: str, store: Store, url: str, registry: Path, folder: Path, explain: Path | None = None
) -> dict[str, Any]:
    reports = folder / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    arguments = [way, store.schema.name, url, str(registry), str(reports), *([str(explain)] if explain else [])]
    done = subprocess.run(
        [sys.executable, CHILD, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        env=clean_environment(),
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{way} on {url} failed:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout)


def _in_shell(store: Store, url: str, script: Path) -> tuple[float, float]:
    """Seconds and CPU seconds of the shell."""
    address = url.removeprefix("sqlite:///").replace("+psycopg", "", 1)
    begun, cpu = time.perf_counter(), _children_cpu()
    with script.open("rb") as file:
        done = subprocess.run(
            [*store.shell, address], stdin=file, capture_output=True, timeout=PATIENCE_SECONDS, check=False
        )
    if done.returncode != 0:
        raise RuntimeError(f"the script failed:\n{done.stderr.decode()[-4000:]}")
    return time.perf_counter() - begun, _children_cpu() - cpu


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _flagged(plans: Path) -> Iterator[str]:
    return (line for line in plans.read_text().splitlines() if QUADRATIC in line)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rekey-benchmark-") as folder:
        yield Path(folder)

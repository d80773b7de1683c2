"""The benchmark: our commands against hand-written SQL, a query per row and an ORM loop, side by side.

    python tests/benchmarks/run.py [--rows 3000,30000,300000] [--database sqlite,postgresql] [--repeat 3]
                                   [--schema customers] [--ways up,floor,…] [--names] [--explain]

Each way runs in a process of its own on a fresh copy of the same database, the ways in turn, as often as
`--repeat` says; the table shows medians and their ratios. A way that ends in other rows fails the benchmark.
The seconds are those of the work itself, the commit included, without starting Python and without imports.
CPU seconds are those of the process and of PostgreSQL's: beside other work they tell more than seconds do.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "src"), str(HERE.parent / "kit"), str(HERE)]

from measure import DEFAULT_WAYS, SLOW_UP_TO, WAYS, Series, measured, names_cost  # noqa: E402  # the path comes first
from schemas import SCHEMAS  # noqa: E402  # see above
from stores import DistantStore, PartitionedStore, PostgreSQLStore, SQLiteStore, Store  # noqa: E402  # see above
from tables import growth, ratios, registries, statements  # noqa: E402  # see above

RESULTS = HERE / "results"


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    listed = "comma-separated"
    parser.add_argument("--rows", default="3000,30000,300000", help=f"numbers of rows, {listed}")
    parser.add_argument(
        "--database",
        default="sqlite,postgresql",
        help=f"{listed}; or partitioned: PostgreSQL, by hash; or distant: behind a network",
    )
    schemas = ", ".join(SCHEMAS)
    parser.add_argument("--schema", default="legacy", choices=list(SCHEMAS), help=f"whose rows are folded: {schemas}")
    parser.add_argument("--repeat", type=int, default=3, help="runs per way; the median counts")
    parser.add_argument("--ways", default=",".join(DEFAULT_WAYS), help=f"{listed}, of: {', '.join(WAYS)}")
    parser.add_argument("--slow-up-to", type=int, default=SLOW_UP_TO, help="most rows for the slow ways")
    parser.add_argument("--names", action="store_true", help="also measure what a registry of 50,000 names costs")
    parser.add_argument("--explain", action="store_true", help="also write the plan of each statement to results/")
    parser.add_argument("--statements", type=int, default=5, help="how many of the costliest statements to print")
    chosen = parser.parse_args(arguments)
    chosen.rows = [int(rows) for rows in chosen.rows.split(",")]
    chosen.ways = chosen.ways.split(",")
    if unknown := [way for way in chosen.ways if way not in WAYS]:
        parser.error(f"unknown: {', '.join(unknown)}")
    return chosen


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints; the exit status tells whether all ways ended in the same rows."""
    chosen = options(arguments)
    makers = {
        "sqlite": SQLiteStore,
        "postgresql": PostgreSQLStore,
        "partitioned": PartitionedStore,
        "distant": DistantStore,
    }
    RESULTS.mkdir(exist_ok=True)
    results = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    results.mkdir()
    failures: list[str] = []
    lines = [
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, median of {chosen.repeat}"
    ]
    say(lines, lines.pop())
    for dialect in chosen.database.split(","):
        store: Store = makers[dialect](SCHEMAS[chosen.schema])
        say(lines, f"\n{store.about}")
        every: dict[int, Series] = {}
        for rows in chosen.rows:
            ways = [way for way in chosen.ways if rows <= chosen.slow_up_to or not WAYS[way].slow]
            # By a query per row and through an ORM only the application's own rows are folded.
            ways = [way for way in ways if chosen.schema == "legacy" or not WAYS[way].slow]
            series = measured(store, rows, ways, chosen.repeat, results if chosen.explain else None)
            failures += series.failures
            every[rows] = series
            say(lines, ratios(series))
            say(lines, statements(series, chosen.statements))
        say(lines, growth(every))
        if chosen.names:
            say(lines, registries(names_cost(store, min(chosen.rows), chosen.repeat)))
    for failure in failures:
        say(lines, f"FAILED: {failure}")
    (results / "report.txt").write_text("\n".join(lines) + "\n")
    print(f"\nkept in {results}")
    return 1 if failures else 0


def say(lines: list[str], text: str) -> None:
    """Prints a text now and keeps it for the results folder."""
    print(text, flush=True)
    lines.append(text)


if __name__ == "__main__":
    sys.exit(main())

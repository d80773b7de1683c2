"""The options of the commands about what was done, and those that several commands share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from alembic_rekey.report.file import NewFile

__all__ = ["accept_html", "accept_json", "accept_limit", "accept_runs"]


def accept_runs(added: Any, raw: type[argparse.HelpFormatter]) -> list[argparse.ArgumentParser]:
    """Add `status`, `runs`, `report` and `restore-plan` to the sub-commands `added`; returns their parsers."""
    status = added.add_parser(
        "status",
        help="what is pending, what was applied, and what was written under an alias since",
        description="Tell where the database stands: folds that it lacks, runs that stand, rows that were written\n"
        "under an alias since the last fold, and names that no run knew. Reads only.",
        epilog="exit status: 0; 4 where something is left over.\n\nexample: alembic-rekey status",
        formatter_class=raw,
    )
    accept_json(status)
    accept_limit(status)
    runs = added.add_parser(
        "runs",
        help="the recorded runs",
        description="List the recorded runs, oldest first, with what each of them counted.",
        epilog="example: alembic-rekey -x url=sqlite:///app.db runs",
        formatter_class=raw,
    )
    accept_json(runs)
    report = added.add_parser(
        "report",
        help="the report of a run, rebuilt from its journal",
        description="Print the report of a run as JSON, rebuilt from the journal in the database,\n"
        "or write it as a page; beside another report, of a plan or a run, with what differs.",
        epilog="examples:\n  alembic-rekey report\n  alembic-rekey report 3 > run-3.json\n"
        "  alembic-rekey report 3 --html run-3.html\n"
        "  alembic-rekey report 3 --against plan.json --html run-3.html",
        formatter_class=raw,
    )
    report.add_argument("run", type=_at_least_one, nargs="?", metavar="RUN", help="its number; default: the latest")
    accept_html(report)
    report.add_argument(
        "--against", type=Path, metavar="REPORT", help="a report as JSON, to stand beside it on the page"
    )
    back = added.add_parser(
        "restore-plan",
        help="what a downgrade would put back, and what drifted since the upgrade",
        description="Show what `alembic downgrade` would put back from the journal of the newest run, and which\n"
        "rows the application has changed since. As JSON and as a page with every row: what each column holds now,\n"
        "and what it goes back to. Reads only.",
        epilog="exit status: 0; with --check 2 where rows drifted, 3 where nothing goes back.\n\n"
        "example: alembic-rekey -x url=sqlite:///app.db restore-plan --limit 5",
        formatter_class=raw,
    )
    back.add_argument("run", type=_at_least_one, nargs="?", metavar="RUN", help="default: the newest not restored")
    accept_json(back)
    back.add_argument("--check", action="store_true", help="say with the exit status whether every row goes back")
    accept_html(back)
    accept_limit(back)
    return [status, runs, report, back]


def accept_html(made: argparse.ArgumentParser) -> None:
    """Let a command write a page."""
    made.add_argument("--html", type=Path, metavar="FILE", help="write it as one self-contained page to FILE")
    made.add_argument(
        "--force",
        dest="claim",
        action="store_const",
        const=NewFile.replacing,
        default=NewFile.claimed,
        help="let what is written take the place of FILE; without, FILE must not be there",
    )


def accept_limit(made: argparse.ArgumentParser) -> None:
    """Let a command cut its lists, or show them whole."""
    lists = made.add_mutually_exclusive_group()
    lists.add_argument("--limit", type=_at_least_one, default=20, metavar="N", help="entries shown per list (20)")
    lists.add_argument("--all", dest="limit", action="store_const", const=None, help="show all entries")


def accept_json(made: argparse.ArgumentParser, says: str = "print it as one document") -> None:
    """Let a command print a document."""
    made.add_argument("--json", dest="show", action="store_const", const="json", default="text", help=says)


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or not text.strip("0"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    # By its length first: Python reads no number of more than 4,300 digits.
    if len(text) > len(str(sys.maxsize)) or (number := int(text)) > sys.maxsize:
        raise argparse.ArgumentTypeError(f"{text[:60]!r} is too large; write a number up to {sys.maxsize}")
    return number

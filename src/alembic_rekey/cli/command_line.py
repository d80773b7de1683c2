"""The command line of `alembic-rekey`: its commands, their options, their help."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from alembic_rekey.cli.run_options import accept_html, accept_json, accept_limit, accept_runs
from alembic_rekey.text.shown import without_passwords

__all__ = ["FAILED", "parser"]

FAILED = 1
"""The exit status after `FAILED: …`."""

_EXAMPLES = """\
examples:
  alembic-rekey plan
  alembic-rekey -x url=postgresql+psycopg://reader@host/app plan --check
  alembic-rekey -c /srv/app/alembic.ini -x registry=projects.json plan --json
  alembic-rekey plan --html plan.html
  alembic-rekey status
  alembic-rekey runs
  alembic-rekey report 3 > run-3.json
  alembic-rekey revision -m "fold the names of spring"
  alembic-rekey demo

A setting given with -x beats the environment, which beats alembic.ini. The keys are those of
`alembic -x`: a plan and an upgrade can be given the same options.
"""


class _Parser(argparse.ArgumentParser):
    """Exits with 1 for a wrong command line: 2 is what `plan --check` says of a plan."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(FAILED, f"FAILED: {without_passwords(message)}\n  what to do: see {self.prog} -h\n")


class _Versions(argparse.Action):
    """Tells our version, and those of what a bug report needs beside it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        beside = ", ".join(f"{name} {version(name)}" for name in ("alembic", "sqlalchemy"))
        sys.stdout.write(f"alembic-rekey {version('alembic-rekey')} ({beside}, python {platform.python_version()})\n")
        parser.exit()


def parser(commands: Mapping[str, Callable[[argparse.Namespace], int]]) -> argparse.ArgumentParser:
    """Return the parser; `commands` are the functions to call, by the name of the command."""
    raw = argparse.RawDescriptionHelpFormatter
    whole = _Parser(
        prog="alembic-rekey",
        description="See what `alembic upgrade head` would fold, or has folded. No database is written.",
        epilog=_EXAMPLES,
        formatter_class=raw,
    )
    whole.add_argument("--version", action=_Versions, nargs=0, help="tell the versions, for a bug report")
    _accept_settings(whole, "")
    added = whole.add_subparsers(required=True, metavar="COMMAND", dest="name")
    plan = added.add_parser(
        "plan",
        help="what an upgrade would do or refuse; also written as a report",
        description="Show what `alembic upgrade head` would do or refuse, and write it as a dry-run report.\n"
        "Reads only: an account that may only SELECT is enough, and nothing need be installed.",
        epilog="exit status: 0; with --check 2 where the upgrade would refuse, 3 where the plan is empty;\n"
        "1 where no plan can be made.\n\nexample: alembic-rekey -x url=sqlite:///app.db plan --check --limit 5",
        formatter_class=raw,
    )
    accept_json(plan, "print the report and nothing else; its path goes to standard error")
    plan.add_argument(
        "--no-report",
        dest="report",
        action="store_const",
        const="no",
        default="yes",
        help="keep no report: for an account that may write nowhere",
    )
    plan.add_argument("--check", action="store_true", help="say with the exit status whether the upgrade would work")
    accept_html(plan)
    plan.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write it as a comment of at most 60 kB to FILE; a failure too"
    )
    plan.add_argument(
        "--write-resolutions",
        type=Path,
        metavar="FILE",
        help="write each collision as a question with all of its rows: the form of -x resolutions=FILE",
    )
    accept_limit(plan)
    demo = added.add_parser(
        "demo",
        help="the whole way on a small database of its own",
        description="Make a small legacy database in a folder of its own, show the plan, run the real\n"
        "`alembic upgrade head` on it, and show what became of every row.",
        epilog="examples:\n  alembic-rekey demo\n  alembic-rekey demo /tmp/look --collision",
        formatter_class=raw,
    )
    demo.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="default: a new temporary folder")
    demo.add_argument(
        "--collision",
        dest="scene",
        action="store_const",
        const="refuse",
        default="fold",
        help="show how the guard refuses two live values instead",
    )
    demo.set_defaults(command=commands["demo"])
    init = added.add_parser(
        "init",
        help="write the few lines that a project of `alembic init` needs",
        description="Write what this library needs into env.py and alembic.ini, as `alembic init` left them.\n"
        "What you wrote there stays; a file that is not recognised is not changed, and you are told the lines.",
        epilog="example: alembic init migrations && alembic-rekey init",
        formatter_class=raw,
    )
    init.add_argument(
        "--adopted",
        dest="compares",
        action="store_const",
        const="adopted",
        default="all",
        help="let `alembic check` and autogenerate tell what the database lacks, and propose to remove nothing",
    )
    init.set_defaults(command=commands["init"])
    revision = added.add_parser(
        "revision",
        help="make a fold: from the database, or one more like the last",
        description="Make a revision that folds. With --fold it is made of the database, reading only: frozen tables,\n"
        "every part of the spec, comments that say what was seen, and questions that stand open.\n"
        "Without, it is a copy of the last fold, for aliases that came later; no database is asked.",
        epilog="examples:\n  alembic-rekey revision --fold customers.name -m 'fold customers'\n"
        "  alembic-rekey revision --fold users.name --match 'lower(email)' --survivor created_at -m 'fold users'\n"
        "  alembic-rekey revision -m 'fold the names of spring'",
        formatter_class=raw,
    )
    revision.add_argument("-m", "--message", required=True, help="what it folds, in one line")
    revision.add_argument("--rev-id", metavar="ID", help="its identifier; default: one like Alembic's")
    revision.add_argument("--head", metavar="REVISION", help="the one before it, where there are several heads")
    _accept_fold(revision)
    revision.set_defaults(command=commands["revision"])
    scan = added.add_parser(
        "scan",
        help="what carries a registered name, or refers to a row that went, and is in no spec",
        description="Look into all tables, declared or not, for registered names (also in documents and arrays), keys\n"
        "of rows that went, names that no list registers, and rows written under an alias since. Reads only.",
        epilog="exit status: 0; with --check 4 where something is outside the specs or was written since.\n\n"
        "example: alembic-rekey scan --check",
        formatter_class=raw,
    )
    accept_json(scan)
    scan.add_argument("--check", action="store_true", help="say with the exit status whether something was found")
    scan.add_argument("--full", action="store_true", help="read all rows of large tables, not a part of them")
    accept_limit(scan)
    guide = added.add_parser(
        "guide",
        help="the guide: declaring, review, deploy, undo, what each refusal means",
        description="Show a page of the guide, or what stands under one heading: the name of a check is one.",
        epilog="examples: alembic-rekey guide on-call; alembic-rekey guide collision",
    )
    guide.add_argument("topics", nargs="*", metavar="TOPIC", help="default: the list of the pages")
    guide.set_defaults(command=commands["guide"])
    about_runs = accept_runs(added, raw)
    for made in (plan, init, revision, scan, demo, guide, *about_runs):
        _accept_settings(made, "_after")
    return whole


def _accept_settings(parser: argparse.ArgumentParser, place: str) -> None:
    """Let -x, -c and -n stand before the command, as with Alembic, and after it; each `place` fills its own."""
    parser.add_argument(
        "-x", dest=f"x{place}", action="append", default=[], metavar="KEY=VALUE", help="a setting; may be given often"
    )
    parser.add_argument(
        "-c",
        "--config",
        dest=f"config{place}",
        action="append",
        default=[],
        metavar="FILE",
        help="Alembic's configuration; default: ALEMBIC_CONFIG, else alembic.ini",
    )
    parser.add_argument(
        "-n", "--name", dest=f"section{place}", metavar="SECTION", help="the section of alembic.ini; default: alembic"
    )


def _accept_fold(revision: argparse.ArgumentParser) -> None:
    told = revision.add_argument_group("a new fold")
    told.add_argument(
        "--fold",
        metavar="TABLE.COLUMN",
        help="the table whose rows are folded, by their names; TABLE alone where --match says which rows are one",
    )
    told.add_argument("--registered", metavar="LIST", help="the list of the registry; default: the noun with an s")
    told.add_argument("--found", action="store_true", help="duplicates are found in the data: no registry is read")
    lists = (
        ("--match", "SQL", "rows are one where this is equal; implies --found"),
        ("--within", "COLUMN", "names are one within this: a tenant, a user"),
        ("--survivor", "COLUMN", "the row that stays is the first by this, or by 'COLUMN desc' the last"),
        ("--most", "TABLE", "the row that stays is the one that most rows of TABLE refer to"),
    )
    for option, metavar, said in lists:
        told.add_argument(option, action="append", default=[], metavar=metavar, help=f"{said}; may be given often")
    told.add_argument("--exact", action="store_true", help="names are one only if they are equal letter by letter")
    told.add_argument("--promote", action="store_true", help="rename an alias row where the canonical one is missing")
    told.add_argument("--from-models", metavar="MODULE:NAME", help="take the tables from SQLAlchemy metadata instead")

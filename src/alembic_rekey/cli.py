"""The command `alembic-rekey`: parse, call, print. Reading only; what writes is Alembic itself.

Exit status: 0; 1 after `FAILED: …`; with `plan --check` 2 where the upgrade would refuse, 3 where the
plan is empty; 130 after Ctrl-C, 141 when the reader of the output went away.
"""

from __future__ import annotations

import argparse
import configparser
import os
import shutil
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from alembic.config import Config
from alembic.util import CommandError

from alembic_rekey.configuration import configuration, configuration_files
from alembic_rekey.database import reading
from alembic_rekey.demo import Demo
from alembic_rekey.dry_run import DryRun, dry_run
from alembic_rekey.environment import settings_of
from alembic_rekey.errors import Refused, RegistryRefused, RekeyError, RunUnknown
from alembic_rekey.folds import Folds
from alembic_rekey.report import Fingerprint
from alembic_rekey.run import recorded_runs, report_of
from alembic_rekey.summary import plan_text, runs_text

__all__ = ["main"]

FAILED, WOULD_REFUSE, EMPTY, INTERRUPTED, READER_GONE = 1, 2, 3, 130, 141

_EXAMPLES = """\
examples:
  alembic-rekey plan
  alembic-rekey -x url=postgresql+psycopg://reader@host/app plan --check
  alembic-rekey -c /srv/app/alembic.ini -x registry=projects.json plan --json
  alembic-rekey runs
  alembic-rekey report 3 > run-3.json
  alembic-rekey demo

A setting given with -x beats the environment, which beats alembic.ini. The keys are those of
`alembic -x`: a plan and an upgrade can be given the same options.
"""


class _Parser(argparse.ArgumentParser):
    """Exits with 1 for a wrong command line: 2 is what `plan --check` says of a plan."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(FAILED, f"FAILED: {message}\n  what to do: see {self.prog} -h\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; `argv` is without the name of the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal or a file of another encoding must not end the command half-way.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _status(_parser().parse_args(argv))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        # What is still in the buffer would fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE if isinstance(error, BrokenPipeError) else _failed(error, FAILED)
    return status


def _status(options: argparse.Namespace) -> int:
    options.x = [*options.x, *options.x_after]
    options.config = [*options.config, *options.config_after]
    try:
        return int(options.command(options))
    except (RegistryRefused, Refused) as refusal:
        return _failed(refusal, WOULD_REFUSE if getattr(options, "check", False) else FAILED)
    except (RekeyError, CommandError, configparser.Error) as error:
        return _failed(error, FAILED)


def _failed(error: Exception, status: int) -> int:
    sys.stdout.flush()
    print(f"FAILED: {error}", file=sys.stderr)
    return status


def _plan(options: argparse.Namespace) -> int:
    config = _config(options)
    made = dry_run(settings_of(config), Folds(config).next_for)
    options.show(made, options)
    if not options.check:
        return 0
    return WOULD_REFUSE if made.would_refuse else EMPTY if made.report.is_empty else 0


def _show_text(made: DryRun, options: argparse.Namespace) -> None:
    for line in plan_text(made, options.limit):
        print(line)


def _show_json(made: DryRun, _options: argparse.Namespace) -> None:
    for said in (f"report: {made.path}", *(f"note: {note}" for note in made.notes)):
        print(said, file=sys.stderr)
    with open(made.path, encoding="ascii") as document:
        shutil.copyfileobj(document, sys.stdout)


def _runs(options: argparse.Namespace) -> int:
    settings = settings_of(_config(options))
    with reading(settings) as connection:
        recorded = recorded_runs(connection)
    for line in runs_text(recorded, settings.database):
        print(line)
    return 0


def _report(options: argparse.Namespace) -> int:
    config = _config(options)
    settings = settings_of(config)
    with reading(settings) as connection:
        recorded = {run.number: run for run in recorded_runs(connection)}
        run = recorded.get(max(recorded, default=0) if options.run is None else options.run)
        if run is None:
            raise RunUnknown(settings.database, options.run, list(recorded))
        fingerprint = Fingerprint(run.registry_sha256, run.revision)
        for piece in report_of(connection, Folds(config).of(run.revision), run, settings.database, fingerprint):
            sys.stdout.write(piece)
    return 0


def _demo(options: argparse.Namespace) -> int:
    options.scene(Demo.make(options.folder, configuration_files(options.config), options.x))
    return 0


def _config(options: argparse.Namespace) -> Config:
    return configuration(options.config, options.x)


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = _Parser(
        prog="alembic-rekey",
        description="See what `alembic upgrade head` would fold, or has folded. Reads only.",
        epilog=_EXAMPLES,
        formatter_class=raw,
    )
    _accept_settings(parser, "x", "config")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="name")
    plan = commands.add_parser(
        "plan",
        help="what an upgrade would do or refuse; also written as a report",
        description="Show what `alembic upgrade head` would do or refuse, and write it as a dry-run report.\n"
        "Reads only: an account that may only SELECT is enough, and nothing need be installed.",
        epilog="exit status: 0; with --check 2 where the upgrade would refuse, 3 where the plan is empty;\n"
        "1 where no plan can be made.\n\nexample: alembic-rekey -x url=sqlite:///atocore.db plan --check --limit 5",
        formatter_class=raw,
    )
    plan.add_argument(
        "--json",
        dest="show",
        action="store_const",
        const=_show_json,
        default=_show_text,
        help="print the report and nothing else; its path goes to standard error",
    )
    plan.add_argument("--check", action="store_true", help="say with the exit status whether the upgrade would work")
    lists = plan.add_mutually_exclusive_group()
    lists.add_argument("--limit", type=_at_least_one, default=20, metavar="N", help="entries shown per list (20)")
    lists.add_argument("--all", dest="limit", action="store_const", const=None, help="show all entries")
    plan.set_defaults(command=_plan)
    runs = commands.add_parser(
        "runs",
        help="the recorded runs",
        description="List the recorded runs, oldest first, with what each of them counted.",
        epilog="example: alembic-rekey -x url=sqlite:///atocore.db runs",
        formatter_class=raw,
    )
    runs.set_defaults(command=_runs)
    report = commands.add_parser(
        "report",
        help="the report of a run, rebuilt from its journal",
        description="Print the report of a run as JSON, rebuilt from the journal in the database.",
        epilog="examples:\n  alembic-rekey report\n  alembic-rekey report 3 > run-3.json",
        formatter_class=raw,
    )
    report.add_argument("run", type=_at_least_one, nargs="?", metavar="RUN", help="its number; default: the latest")
    report.set_defaults(command=_report)
    demo = commands.add_parser(
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
        const=Demo.refuse,
        default=Demo.fold,
        help="show how the guard refuses two live values instead",
    )
    demo.set_defaults(command=_demo)
    for made in (plan, runs, report, demo):
        _accept_settings(made, "x_after", "config_after")
    return parser


def _accept_settings(parser: argparse.ArgumentParser, x: str, config: str) -> None:
    """Let -x and -c stand before the command, as with Alembic, and after it; each place fills its own list."""
    parser.add_argument(
        "-x", dest=x, action="append", default=[], metavar="KEY=VALUE", help="a setting; may be given often"
    )
    parser.add_argument(
        "-c",
        "--config",
        dest=config,
        action="append",
        default=[],
        metavar="FILE",
        help="Alembic's configuration; default: ALEMBIC_CONFIG, else alembic.ini",
    )


if __name__ == "__main__":
    sys.exit(main())

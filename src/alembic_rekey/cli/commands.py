"""The command `alembic-rekey`: parse, call, print. It only reads databases; what writes them is Alembic itself.

Exit status: 0; 1 after `FAILED: …`; with `plan --check` 2 where the upgrade would refuse, 3 where the
plan is empty; with `scan --check` 4 where something was found; 130 after Ctrl-C, 141 when the reader of the output
went away.
"""

from __future__ import annotations

import argparse
import configparser
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from io import TextIOWrapper
from pathlib import Path

from alembic.config import Config
from alembic.util import CommandError
from rich.console import RenderableType

from alembic_rekey.cli.command_line import FAILED, parser
from alembic_rekey.cli.demo import Demo
from alembic_rekey.cli.guide_command import show_guide
from alembic_rekey.cli.project_commands import initialise_project, make_revision
from alembic_rekey.cli.scan_command import scan
from alembic_rekey.connection.database import reading
from alembic_rekey.connection.waiting import waited_for
from alembic_rekey.errors import AnswersRefused, Refused, RegistryRefused, RekeyError, RunUnknown
from alembic_rekey.project.configuration import SECTION, configuration
from alembic_rekey.project.environment_file import Place, place_of
from alembic_rekey.project.folds import Folds
from alembic_rekey.report.document import Fingerprint
from alembic_rekey.report.file import NewFile
from alembic_rekey.report.runs import recorded_runs, report_of, run_called
from alembic_rekey.review.dry_run import dry_runs
from alembic_rekey.review.made import DryRun
from alembic_rekey.review.restore_plan import restore_plan_text
from alembic_rekey.show.page.pages import plan_page, run_page
from alembic_rekey.show.summary import plans_text, runs_text
from alembic_rekey.show.terminal import lines_screen, plans_screen, runs_screen, show
from alembic_rekey.text.progress import Progress

__all__ = ["main"]

WOULD_REFUSE, EMPTY, INTERRUPTED, READER_GONE = 2, 3, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; `argv` is without the name of the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal or a file of another encoding must not end the command half-way.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _status(parser(_COMMANDS).parse_args(argv))
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
    options.section = options.section_after or options.section or SECTION
    try:
        if options.name not in _OF_A_DATABASE:
            return int(options.command(options))
        config = _config(options)
        place = place_of(config)
        return waited_for(place.settings.url, _OF_A_DATABASE[options.name], options, config, place)
    except (AnswersRefused, RegistryRefused, Refused) as refusal:
        return _failed(refusal, WOULD_REFUSE if getattr(options, "check", False) else FAILED)
    except (RekeyError, CommandError, configparser.Error) as error:
        return _failed(error, FAILED)


def _failed(error: Exception, status: int) -> int:
    sys.stdout.flush()
    print(f"FAILED: {error}", file=sys.stderr)
    return status


def _plan(options: argparse.Namespace, config: Config, place: Place) -> int:
    with _claimed(options.html) as file, _claimed(options.write_resolutions) as form:
        plans = dry_runs(place.settings, Folds(config).pending, place.versions, form, place.engine)
        if form is not None:
            print(f"form: {form.path}", file=sys.stderr)
        if file is not None:
            # Before anything is printed: a reader who goes away must not cost the page.
            _fill(file, plans[0])
            for number, made in enumerate(plans[1:], 2):
                with NewFile.claimed(file.path.with_stem(f"{file.path.stem}-{number}")) as further:
                    _fill(further, made)
        _SHOW[options.show](plans, options)
    if not options.check:
        return 0
    if any(made.would_refuse for made in plans):
        return WOULD_REFUSE
    return EMPTY if all(made.report.is_empty for made in plans) else 0


def _fill(file: NewFile, made: DryRun) -> None:
    file.fill(plan_page(made))
    print(f"page: {file.path}", file=sys.stderr)


def _show_text(plans: Sequence[DryRun], options: argparse.Namespace) -> None:
    _say(plans_text(plans, options.limit), plans_screen(plans, options.limit))


def _show_json(plans: Sequence[DryRun], _options: argparse.Namespace) -> None:
    for made in plans:
        for said in (f"report: {made.path}", *(f"note: {note}" for note in made.notes)):
            print(said, file=sys.stderr)
        with open(made.path, encoding="ascii") as document:
            shutil.copyfileobj(document, sys.stdout)


def _runs(_options: argparse.Namespace, _config: Config, place: Place) -> int:
    with reading(place.settings, place.engine) as connection:
        recorded = recorded_runs(connection)
    database = place.settings.database
    _say(runs_text(recorded, database), runs_screen(recorded, database))
    return 0


def _report(options: argparse.Namespace, config: Config, place: Place) -> int:
    settings = place.settings
    with _claimed(options.html) as file, reading(settings, place.engine) as connection:
        recorded = {run.number: run for run in recorded_runs(connection)}
        run = recorded.get(max(recorded, default=0) if options.run is None else options.run)
        if run is None:
            raise RunUnknown(settings.database, options.run, list(recorded))
        spec, fingerprint = Folds(config).of_run(run), Fingerprint(run.registry_sha256, run.revision)
        silent = Progress("")
        with closing(report_of(connection, spec, run, settings.database, fingerprint, silent)) as document:
            if file is None:
                sys.stdout.writelines(document)
            else:
                file.fill(run_page(run, run_called(run, recorded.values()), spec, document))
                print(f"page: {file.path}", file=sys.stderr)
    return 0


def _claimed(path: Path | None) -> AbstractContextManager[NewFile | None]:
    """Claim the file of a page or a form before any work is done for it, if one is wanted."""
    return nullcontext() if path is None else NewFile.claimed(path)


def _restore_plan(options: argparse.Namespace, config: Config, place: Place) -> int:
    with reading(place.settings, place.engine) as connection:
        database = place.settings.database
        lines = restore_plan_text(connection, Folds(config).of_run, database, options.run, options.limit)
        _say(lines, lines_screen(lines))
    return 0


def _say(lines: Iterable[str], screen: Iterable[RenderableType]) -> None:
    """Print the one or the other; what is not printed is not made."""
    if sys.stdout.isatty():
        show(screen)
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines)


def _demo(options: argparse.Namespace) -> int:
    _SCENES[options.scene](Demo.make(options.folder, options.config, options.x, options.section))
    return 0


def _config(options: argparse.Namespace) -> Config:
    return configuration(options.config, options.x, options.section)


_COMMANDS = {"init": initialise_project, "revision": make_revision, "demo": _demo, "guide": show_guide}
_OF_A_DATABASE = {"plan": _plan, "runs": _runs, "report": _report, "restore-plan": _restore_plan, "scan": scan}
"""They read the database that the upgrade would be of."""
_SHOW = {"text": _show_text, "json": _show_json}
_SCENES = {"fold": Demo.fold, "refuse": Demo.refuse}

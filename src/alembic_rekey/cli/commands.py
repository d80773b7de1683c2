"""The command `alembic-rekey`: parse, call, print. It only reads databases; what writes them is Alembic itself.

Exit status: 0; 1 after `FAILED: …`; with `plan --check` 2 where the upgrade would refuse, 3 where the
plan is empty; with `restore-plan --check` 2 where rows drifted, 3 where nothing goes back; 4 with `scan --check` where
something was found, and with `status` where something is left over; 130 after Ctrl-C, 141 when the reader of
the output went away.
"""

from __future__ import annotations

import argparse
import configparser
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import replace
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from alembic_rekey.cli.command_line import FAILED, parser
from alembic_rekey.cli.demo import Demo
from alembic_rekey.cli.output import (
    STANDARD_ERROR,
    STANDARD_OUTPUT,
    claimed,
    opened,
    refuse_one_for_two,
    reserved,
    say,
    sparing,
)
from alembic_rekey.cli.project_commands import initialise_project, make_revision
from alembic_rekey.cli.run_commands import list_runs, plan_restore, print_report, tell_status
from alembic_rekey.cli.scan_command import scan
from alembic_rekey.connection.database import reading
from alembic_rekey.connection.waiting import waited_for
from alembic_rekey.errors import CommandRefused, RekeyError, ReportFailed
from alembic_rekey.project.configuration import SECTION, configuration
from alembic_rekey.project.environment_file import Place, place_of
from alembic_rekey.project.folds import Folds
from alembic_rekey.report.file import NewFile
from alembic_rekey.review.dry_run import dry_runs, heads
from alembic_rekey.review.made import DryRun
from alembic_rekey.review.scan.findings import Unregistered
from alembic_rekey.review.scan.scan import named
from alembic_rekey.review.schema.held import Looking
from alembic_rekey.settings import Settings
from alembic_rekey.show.markdown import failure_markdown, is_comment, plans_markdown
from alembic_rekey.show.page.pages import plan_page
from alembic_rekey.show.summary import plans_text
from alembic_rekey.show.terminal import plans_screen
from alembic_rekey.text.shown import without_passwords

__all__ = ["main", "program"]

WOULD_REFUSE, EMPTY, INTERRUPTED, READER_GONE = 2, 3, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; `argv` is without the name of the program."""
    opened()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal or a file of another encoding must not end the command half-way.
            stream.reconfigure(errors="backslashreplace")
    try:
        accepted = parser(_COMMANDS)
        if "_ARGCOMPLETE" in os.environ:
            # A shell asks what may follow; it does so only where argcomplete is installed.
            import_module("argcomplete").autocomplete(accepted)
        options = accepted.parse_args(argv)
        # The demo runs commands of its own, whose output is its own.
        with nullcontext() if options.name == "demo" else reserved():
            status = _status(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        # What is still in the buffer would fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE if isinstance(error, BrokenPipeError) else _failed(_of_the_system(error), FAILED)
    return status


def program() -> int:
    """Run the command that this process was started for; what is printed as Python ends goes to standard error."""
    status = main()
    os.dup2(STANDARD_ERROR, STANDARD_OUTPUT)
    return status


def _status(options: argparse.Namespace) -> int:
    options.x = [*options.x, *options.x_after]
    options.config = [*options.config, *options.config_after]
    options.section = options.section_after or options.section or SECTION
    try:
        if options.name not in _OF_A_DATABASE:
            return int(options.command(options))
        config = configuration(options.config, options.x, options.section)
        place = place_of(config)
        if hasattr(options, "claim"):
            options.claim = sparing(options.claim, _read_by(options, config, place.settings))
        return waited_for(place.settings.url, _OF_A_DATABASE[options.name], options, config, place)
    except RekeyError as refusal:
        _comment_failure(options, refusal)
        return _failed(refusal, refusal.status if getattr(options, "check", False) else FAILED)
    except (CommandError, configparser.Error) as error:
        refused = CommandRefused(f"Alembic says: {error}", "mend what it names, then run it again.")
        _comment_failure(options, refused)
        return _failed(refused, FAILED)


def _read_by(options: argparse.Namespace, config: Config, settings: Settings) -> list[Path]:
    """Return the files that a command reads, what Alembic runs among them, and the one that a database may be."""
    run = Path(ScriptDirectory.from_config(config).dir).rglob("*.py")
    named = (settings.url.database, config.config_file_name, getattr(options, "against", None), settings.resolutions)
    return [settings.registry, *settings.report, *run, *(Path(name) for name in named if name)]


def _of_the_system(error: OSError) -> CommandRefused:
    return CommandRefused(
        f"{error.filename or 'standard output'}: {error.strerror or error}.",
        "let this account read and write it, and have room there, or name another place.",
    )


def _failed(error: Exception, status: int) -> int:
    sys.stdout.flush()
    print(f"FAILED: {without_passwords(str(error))}", file=sys.stderr)
    return status


def _comment_failure(options: argparse.Namespace, error: Exception) -> None:
    """Tell where `plan --markdown` would stand why there is no plan.

    A file that is there stays, but for a comment that --force lets be replaced: it is about another plan.
    """
    if (path := getattr(options, "markdown", None)) is not None:
        claim = options.claim if is_comment(path) else NewFile.claimed
        with suppress(CommandRefused, ReportFailed), claim(path) as comment:
            comment.fill(failure_markdown(f"FAILED: {without_passwords(str(error))}"))


def _plan(options: argparse.Namespace, config: Config, place: Place) -> int:
    refuse_one_for_two(html=options.html, write_resolutions=options.write_resolutions, markdown=options.markdown)
    with (
        claimed(options.html, options.claim) as file,
        claimed(options.write_resolutions, options.claim) as form,
        claimed(options.markdown, options.claim) as comment,
        ExitStack() as at_end,
    ):
        settings, folds = place.settings, Folds(config)
        if options.report == "no":
            folder = at_end.enter_context(TemporaryDirectory(prefix="alembic-rekey-"))
            settings = replace(settings, report_dir=Path(folder))
        plans = dry_runs(settings, folds.pending, place.versions, form, place.engine)
        if options.report == "no":
            plans = tuple(replace(made, kept=None) for made in plans)
        if comment is not None:
            comment.fill(plans_markdown(plans, options.limit))
            print(f"markdown: {comment.path}", file=sys.stderr)
        if form is not None:
            print(f"form: {form.path}", file=sys.stderr)
        if file is not None:
            # Before anything is printed: a reader who goes away must not cost the page.
            names = _unregistered(place, folds)
            _fill(file, plans[0], names)
            for number, made in enumerate(plans[1:], 2):
                with options.claim(file.path.with_stem(f"{file.path.stem}-{number}")) as further:
                    _fill(further, made, names)
        _SHOW[options.show](plans, options)
    if not options.check:
        return 0
    if any(made.would_refuse for made in plans):
        return WOULD_REFUSE
    return EMPTY if all(made.report.is_empty for made in plans) else 0


def _unregistered(place: Place, folds: Folds) -> list[Unregistered]:
    with reading(place.settings, place.engine) as connection:
        awaited, versions = folds.awaited(heads(connection, place.versions)), str(place.versions.name)
        return named(Looking(connection), folds.specs, place.settings.registry, versions, awaited).unregistered


def _fill(file: NewFile, made: DryRun, names: Sequence[Unregistered]) -> None:
    noun = made.spec.identity.noun
    file.fill(plan_page(made, [one for one in names if one.noun == noun]))
    print(f"page: {file.path}", file=sys.stderr)


def _show_text(plans: Sequence[DryRun], options: argparse.Namespace) -> None:
    say(plans_text(plans, options.limit), plans_screen(plans, options.limit))


def _show_json(plans: Sequence[DryRun], _options: argparse.Namespace) -> None:
    for made in plans:
        for said in (
            *([] if made.kept is None else [f"report: {made.kept}"]),
            *(f"note: {note}" for note in made.notes),
        ):
            print(said, file=sys.stderr)
        with open(made.path, encoding="ascii") as document:
            shutil.copyfileobj(document, sys.stdout)


def _demo(options: argparse.Namespace) -> int:
    _SCENES[options.scene](Demo.make(options.folder, options.config, options.x, options.section))
    return 0


def _guide(options: argparse.Namespace) -> int:
    # What renders pages takes a fifth of the time in which any other command has started.
    from alembic_rekey.cli.guide_command import show_guide

    return show_guide(options)


_COMMANDS = {"init": initialise_project, "revision": make_revision, "demo": _demo, "guide": _guide}
_OF_A_DATABASE = {
    "plan": _plan,
    "status": tell_status,
    "runs": list_runs,
    "report": print_report,
    "restore-plan": plan_restore,
    "scan": scan,
}
"""They read the database that the upgrade would be of."""
_SHOW = {"text": _show_text, "json": _show_json}
_SCENES = {"fold": Demo.fold, "refuse": Demo.refuse}

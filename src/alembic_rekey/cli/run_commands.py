"""The commands about what was done: `runs`, `report`, `restore-plan`, `status`. They only read."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing

from alembic.config import Config

from alembic_rekey.cli.output import claimed, say
from alembic_rekey.connection.database import reading
from alembic_rekey.errors import CommandRefused, RunUnknown
from alembic_rekey.project.environment_file import Place
from alembic_rekey.project.folds import Folds
from alembic_rekey.report.document import Fingerprint
from alembic_rekey.report.reading import read_document
from alembic_rekey.report.runs import recorded_runs, report_of, run_called
from alembic_rekey.review.dry_run import heads
from alembic_rekey.review.restore_plan import restore_plan_document, restore_plan_text, returnings
from alembic_rekey.review.scan.status import status_of
from alembic_rekey.review.schema.held import Looking
from alembic_rekey.show.page.pages import returning_page, run_page
from alembic_rekey.show.standing import runs_document, status_document, status_text
from alembic_rekey.show.summary import runs_text
from alembic_rekey.show.terminal import lines_screen, runs_screen
from alembic_rekey.text.progress import Progress

__all__ = ["DRIFTED", "LEFTOVERS", "NOTHING", "list_runs", "plan_restore", "print_report", "tell_status"]

DRIFTED, NOTHING, LEFTOVERS = 2, 3, 4
"""Exit statuses: of `restore-plan --check` where rows drifted, or nothing goes back; of `status` with leftovers."""


def list_runs(options: argparse.Namespace, _config: Config, place: Place) -> int:
    """List the recorded runs."""
    settings = place.settings
    with reading(settings, place.engine) as connection:
        recorded = recorded_runs(connection)
    if options.show == "json":
        print(json.dumps(runs_document(recorded), indent=1))
    else:
        say(runs_text(recorded, settings.database), runs_screen(recorded, settings.database))
    return 0


def print_report(options: argparse.Namespace, config: Config, place: Place) -> int:
    """Print the report of a run, or write it as a page."""
    if options.against is not None and options.html is None:
        raise CommandRefused("--against compares on a page.", "name the page with --html FILE as well.")
    settings = place.settings
    other = None if options.against is None else read_document(options.against)
    with claimed(options.html, options.claim) as file, reading(settings, place.engine) as connection:
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
                file.fill(run_page(run, run_called(run, recorded.values()), spec, document, other))
                print(f"page: {file.path}", file=sys.stderr)
    return 0


def plan_restore(options: argparse.Namespace, config: Config, place: Place) -> int:
    """Show what a downgrade would put back."""
    settings = place.settings
    with claimed(options.html, options.claim) as file, reading(settings, place.engine) as connection:
        returning = list(returnings(connection, Folds(config).of_run, settings.database, options.run))
        if file is not None:
            file.fill(returning_page(returning, settings.database))
            print(f"page: {file.path}", file=sys.stderr)
        if options.show == "json":
            sys.stdout.writelines(restore_plan_document(returning, settings.database))
        else:
            lines = restore_plan_text(returning, settings.database, options.limit)
            say(lines, lines_screen(lines))
        if not options.check:
            return 0
        if any(one.drifted for one in returning):
            return DRIFTED
        return NOTHING if all(one.is_empty for one in returning) else 0


def tell_status(options: argparse.Namespace, config: Config, place: Place) -> int:
    """Tell where the database stands."""
    settings, folds = place.settings, Folds(config)
    with reading(settings, place.engine) as connection:
        lacking = folds.lacking(heads(connection, place.versions))
        found = status_of(Looking(connection, None), settings, folds.specs, lacking, str(place.versions.name))
    if options.show == "json":
        print(json.dumps(status_document(found), indent=1))
    else:
        lines = status_text(found, settings.database, options.limit)
        say(lines, lines_screen(lines))
    return LEFTOVERS if found.leftovers else 0

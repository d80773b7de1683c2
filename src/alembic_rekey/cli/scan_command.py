"""The command `scan`: reads, prints, and tells a monitor with its exit status."""

from __future__ import annotations

import argparse
import json
import sys

from alembic.config import Config

from alembic_rekey.connection.database import reading
from alembic_rekey.project.environment_file import Place
from alembic_rekey.project.folds import Folds
from alembic_rekey.review.dry_run import heads
from alembic_rekey.review.scan.scan import scanned
from alembic_rekey.review.schema.held import MOST_ROWS, Looking
from alembic_rekey.show.scanned import scan_text
from alembic_rekey.show.terminal import lines_screen, show

__all__ = ["FOUND", "scan"]

FOUND = 4
"""The exit status of `--check` where something was found that a fold would not reach, or that was written since."""


def scan(options: argparse.Namespace, config: Config, place: Place) -> int:
    """Look for names and keys that no spec declares."""
    versions, settings, folds = str(place.versions.name), place.settings, Folds(config)
    with reading(settings, place.engine) as connection:
        looking = Looking(connection, None if options.full else MOST_ROWS)
        awaited = folds.awaited(heads(connection, place.versions))
        made = scanned(looking, folds.specs, settings.registry, versions, awaited)
    if options.show == "json":
        print(json.dumps(made.document, indent=1))
    elif sys.stdout.isatty():
        show(lines_screen(scan_text(made, settings.database, options.limit)))
    else:
        sys.stdout.writelines(f"{line}\n" for line in scan_text(made, settings.database, options.limit))
    return FOUND if options.check and made.alarms else 0

"""The commands that write files of a project: `init`, `revision`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from functools import partial
from pathlib import Path

from alembic.config import Config

from alembic_rekey.connection.database import reading
from alembic_rekey.connection.waiting import waited_for
from alembic_rekey.errors import CommandRefused
from alembic_rekey.project.configuration import configuration
from alembic_rekey.project.draft.draft import drafted
from alembic_rekey.project.draft.drafting import Drafting, Part
from alembic_rekey.project.draft.file import ABOUT, text_of
from alembic_rekey.project.draft.models import metadata_of
from alembic_rekey.project.draft.wanted import Wanted
from alembic_rekey.project.environment_file import place_of
from alembic_rekey.project.files import ADOPTED_LINES, ENVIRONMENT_LINES, initialise
from alembic_rekey.project.new_revision import new_revision, refuse_message
from alembic_rekey.project.revision import next_fold
from alembic_rekey.text.shown import counted

__all__ = ["initialise_project", "make_revision"]

_ENDINGS = {"all": ENVIRONMENT_LINES, "adopted": ADOPTED_LINES}


_WAY_ON = """\
the way on:
  alembic-rekey revision --fold TABLE.COLUMN -m "…"   # writes a fold from the database: look at it
  alembic-rekey plan                                  # what it would do; alembic upgrade head does it
  alembic-rekey scan                                  # what is in no fold, or was written under an alias since"""


def initialise_project(options: argparse.Namespace) -> int:
    """Write the few lines that a project needs, and tell the way on."""
    for change in initialise(_config(options), _ENDINGS[options.compares]):
        print(f"{change.path}: {'written' if change.lines else 'nothing to do'}")
        print("".join(f"  + {line}\n" for line in change.lines.splitlines()), end="")
    print(_WAY_ON)
    return 0


def make_revision(options: argparse.Namespace) -> int:
    """Write a revision that folds: from the database, or one more like the last."""
    config = _config(options)
    if options.fold is None:
        _refuse_beside(options)
        path, last = next_fold(config, options.message, options.rev_id, options.head)
        told = f"one more fold of what {last.name} folds, for later names; --fold TABLE.COLUMN makes another one."
    else:
        path, told = _new_fold(config, options)
    print(told, file=sys.stderr)
    print(path)
    return 0


def _refuse_beside(options: argparse.Namespace) -> None:
    beside = [field.name for field in fields(Wanted) if field.name != "fold" and getattr(options, field.name)]
    beside += ["from-models"] if options.from_models else []
    if beside:
        raise CommandRefused(
            f"--{beside[0]} says how a new fold is made, and none is asked for.",
            "name the column whose rows are folded: --fold TABLE.COLUMN.",
        )


def _new_fold(config: Config, options: argparse.Namespace) -> tuple[Path, str]:
    """Write a fold that is made of the database; return its file and what is to be said of it."""
    refuse_message(options.message)
    wanted = Wanted(**{field.name: getattr(options, field.name) for field in fields(Wanted)})
    models = metadata_of(options.from_models) if options.from_models else None
    place = place_of(config)
    settings = place.settings

    def asked_there() -> tuple[Drafting, list[Part]]:
        with reading(settings, place.engine) as connection:
            return drafted(connection, wanted, settings.registry, str(place.versions.name), models)

    drafting, parts = waited_for(settings.url, asked_there)
    text = partial(text_of, drafting, parts)
    path = new_revision(config, options.message, options.rev_id, ABOUT, text, place.passed_on, options.head)
    tables = counted(len(parts), "table")
    number = len(drafting.todo)
    asked = f"; {number} {'question stands' if number == 1 else 'questions stand'} in its `todo`" if number else ""
    return path, f"a new fold, of {tables} of {settings.database}{asked}."


def _config(options: argparse.Namespace) -> Config:
    return configuration(options.config, options.x, options.section)

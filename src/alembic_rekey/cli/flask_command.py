"""`flask rekey …`: the command `alembic-rekey` within an application of Flask, whose `env.py` asks it for its database.

Flask finds it by the entry point `flask.commands`; nothing else imports this module.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from alembic_rekey.cli.commands import main

__all__ = ["rekey"]

_PASSED = {"ignore_unknown_options": True, "help_option_names": []}


@click.command(context_settings=_PASSED)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@with_appcontext
def rekey(arguments: tuple[str, ...]) -> None:
    """Plan, report and scan: see `flask rekey -h`."""
    migrations = Path(current_app.extensions["migrate"].directory)
    sys.exit(main(["-c", str(migrations / "alembic.ini"), *arguments]))

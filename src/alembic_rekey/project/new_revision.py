"""A new revision after the present head: the file that Alembic makes, with a text of ours, if that is a fold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.util import rev_id

from alembic_rekey.errors import CommandRefused
from alembic_rekey.project.folds import Folds
from alembic_rekey.project.loading import revisions
from alembic_rekey.text.shown import shown

__all__ = ["new_revision", "refuse_message"]

_HANDED = re.compile(r"^def upgrade\(\s*\w", re.MULTILINE)
"""A revision of a project whose `env.py` passes on something."""

_IDENTIFIER = re.compile(r"\w[\w.]{0,31}")
"""As many characters as Alembic's table of versions holds."""

_LONGEST = 100
"""Characters of a message: it is one line of the file."""


def refuse_message(message: str) -> str:
    """Return the message on one line.

    Raises:
        CommandRefused: if it cannot be the first line of a file.
    """
    said = " ".join(message.split())
    if not said or len(said) > _LONGEST:
        raise CommandRefused(
            f"a message of {len(said)} characters cannot be the first line of a revision.",
            f"say in 1 to {_LONGEST} characters what is folded.",
        )
    return said


def new_revision(
    config: Config,
    message: str,
    revision: str | None,
    about: str,
    text: Callable[[str, str, object], str],
    only: Mapping[str, Any] | None = None,
    head: str | None = None,
) -> Path:
    """Write a revision, and return its file: `text` makes it of its docstring, its identifier and the one before it.

    `only` is what tells the database that is meant from others of the project, as `run()` passes it on. `head` is the
    one that it comes after, where there are several.

    Raises:
        CommandRefused: if the identifier is taken or none, the file cannot be written, a revision fails as it is
            loaded, or what was written declares no fold; then no file is left.
        CommandError: where Alembic cannot make a revision.
    """
    said = refuse_message(message)
    number = rev_id() if revision is None else revision
    if not _IDENTIFIER.fullmatch(number):
        raise CommandRefused(
            f"{shown(number)} is no identifier of a revision: it names a file, and stands in the table of versions.",
            "write 1 to 32 letters, digits, underscores and dots, or leave it to us.",
        )
    scripts = ScriptDirectory.from_config(config)
    if any(known.revision == number for known in revisions(scripts)):
        raise CommandRefused(f"there is a revision {number} already.", "take another identifier, or leave it to us.")
    # The command prints the path and nothing else.
    scripts.messaging_opts = {"quiet": True}
    # Alembic's template puts the message between quotes as it is.
    # Some templates ask the configuration for the databases that there are.
    try:
        made = scripts.generate_revision(number, re.sub(r'["\\]', "'", said), head, config=config)
    except OSError as error:
        raise CommandRefused(
            f"{error.filename}: {error.strerror}.",
            "let this account write the folder of the revisions, and have script.py.mako beside env.py, as `alembic "
            "init` puts it there.",
        ) from error
    if made is None:
        raise CommandRefused(f"no file was made for revision {number}.", "look at what stands in its place.")
    path = Path(made.path)
    try:
        written = text(_title(said, made, about), number, made.down_revision)
        if not only and _HANDED.search(path.read_text("utf-8")) and not _HANDED.search(written):
            raise CommandRefused(
                "env.py hands each revision the name of a database, and does not say which one is meant.",
                "let it run its migrations through this library first: alembic-rekey init.",
            )
        path.write_text(_FUNCTION.sub(partial(_of_one, only), written) if only else written, "utf-8")
        Folds(config).of(number)
    except BaseException:
        path.unlink()
        raise
    return path


_FUNCTION = re.compile(r'def (upgrade|downgrade)\(\) -> None:\n(    """.*"""\n)')


def _of_one(only: Mapping[str, Any], function: re.Match[str]) -> str:
    """Return the head of a function that is called for each database and does its work in one."""
    given = ", ".join(f"{name}: {type(value).__name__}" for name, value in only.items())
    other = " or ".join(f"{name} != {json.dumps(value)}" for name, value in only.items())
    return f"def {function[1]}({given}) -> None:\n{function[2]}    if {other}:\n        return\n"


def _title(message: str, made: Script, about: str) -> str:
    """Return the docstring; its first line ends in a full stop and starts with a capital, as linters ask."""
    said = message.replace('"""', "'''")
    said = said[0].upper() + said[1:] + ("" if said[-1] in ".!?" else ".")
    raw = "r" if "\\" in said else ""
    down = made.down_revision if isinstance(made.down_revision, str) else ""
    dated = [line for line in (made.module.__doc__ or "").splitlines() if line.startswith("Create Date: ")]
    head = [f"Revision ID: {made.revision}", f"Revises: {down}".rstrip(), *dated]
    return "\n".join((f'{raw}"""{said}', "", *head, "", about, '"""'))

"""The files of a project as they are loaded: what one raises is said in a line, with its place."""

from __future__ import annotations

from traceback import walk_tb

from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError

from alembic_rekey.errors import CommandRefused, RekeyError
from alembic_rekey.text.shown import printable

__all__ = ["ended_with", "revisions"]


def revisions(scripts: ScriptDirectory) -> list[Script]:
    """Return the revisions, the last one first.

    Raises:
        CommandRefused: if one of their files fails as it is loaded.
        CommandError: where Alembic cannot make a line of them.
    """
    try:
        return list(scripts.walk_revisions())
    except (CommandError, RekeyError):
        raise
    except (Exception, SystemExit) as error:
        raise CommandRefused(
            f"{_place(error)} ended with {ended_with(error)}.",
            "mend the revision; `alembic history` shows where it stopped.",
        ) from error


def ended_with(error: BaseException) -> str:
    """Return what was raised, in one line."""
    text = next(iter(str(error).splitlines()), "")
    # A URL may hold a password.
    return type(error).__name__ if not text or "://" in text else f"{type(error).__name__}: {printable(text)}"


def _place(error: BaseException) -> str:
    """Return the file of the revision that was loaded, and the last line of it that ran."""
    ran = [(frame.f_code.co_filename, frame.f_code.co_name, line) for frame, line in walk_tb(error.__traceback__)]
    of_module = [(file, line) for file, name, line in ran if name == "<module>"]
    if isinstance(error, SyntaxError) and error.filename is not None:
        # Where it is the revision's own, nothing of it ran.
        of_module.append((error.filename, error.lineno or 1))
    for file, line in of_module[:1]:
        return f"{printable(file)}, line {max((known for own, _, known in ran if own == file), default=line)},"
    return "a revision"

"""The files of a project as they are loaded: what one raises is said in a line, with its place."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from traceback import walk_tb
from typing import TextIO

from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError

from alembic_rekey.errors import CommandRefused, RekeyError
from alembic_rekey.text.shown import printable

__all__ = ["printing_beside", "revisions", "told_in_a_line"]


def revisions(scripts: ScriptDirectory) -> list[Script]:
    """Return the revisions, the last one first.

    Raises:
        CommandRefused: if one of their files fails as it is loaded.
        CommandError: where Alembic cannot make a line of them.
    """
    remedy = "mend the revision; `alembic history` shows where it stopped."
    with printing_beside(), told_in_a_line(_place, remedy):
        return list(scripts.walk_revisions())


@contextmanager
def printing_beside() -> Iterator[None]:
    """Let what a file of the project prints go to standard error: a document stands alone on a command's own output.

    A file that puts a stream of its own around `sys.stdout`, as for another encoding, has standard error to itself:
    that closes with it, and must not be ours.
    """
    with redirect_stdout(_beside()):
        yield


def _beside() -> TextIO:
    if sys.stderr is None:
        # The shell closed it.
        return StringIO()
    try:
        number, errors = sys.stderr.fileno(), sys.stderr.errors
        return open(number, "w", 1, sys.stderr.encoding, errors, closefd=False)
    except OSError:
        # It is kept in memory.
        return sys.stderr


@contextmanager
def told_in_a_line(place: Callable[[BaseException], str], remedy: str) -> Iterator[None]:
    """Turn what a file of the project raises into `CommandRefused`; `place` says where that was."""
    try:
        yield
    except (CommandError, RekeyError):
        raise
    except (Exception, SystemExit) as error:
        text = next(iter(str(error).splitlines()), "")
        name = type(error).__name__
        # A URL may hold a password.
        said = name if not text or "://" in text else f"{name}: {printable(text)}"
        raise CommandRefused(f"{place(error)} ended with {said}.", remedy) from error


def _place(error: BaseException) -> str:
    """Return the file of the revision that was loaded, and the last line of it that ran."""
    ran = [(frame.f_code.co_filename, frame.f_code.co_name, line) for frame, line in walk_tb(error.__traceback__)]
    loaded = next((file for file, name, _ in ran if name == "<module>"), None)
    if loaded is not None:
        *_, last = (line for file, _, line in ran if file == loaded)
        return f"{printable(loaded)}, line {last},"
    if isinstance(error, SyntaxError) and error.filename is not None:
        # Nothing of it ran.
        return f"{printable(error.filename)}, line {error.lineno or 1},"
    return "a revision"

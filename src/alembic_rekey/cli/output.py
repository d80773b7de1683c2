"""Where a command writes: a file that a person named, standard output, a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO, TypeGuard

from rich.console import RenderableType

from alembic_rekey.errors import CommandRefused
from alembic_rekey.report.file import NewFile
from alembic_rekey.show.terminal import show

__all__ = [
    "STANDARD_ERROR",
    "STANDARD_OUTPUT",
    "Claim",
    "claimed",
    "opened",
    "refuse_one_for_two",
    "reserved",
    "say",
    "sparing",
]

STANDARD_OUTPUT, STANDARD_ERROR = 1, 2

Claim = Callable[[Path], AbstractContextManager[NewFile]]


@contextmanager
def reserved() -> Iterator[None]:
    """Keep standard output for what the command prints: a program that a revision starts writes to standard error.

    Where `sys.stdout` is not that of the process, nothing is done: whoever put it there has it for themselves.
    """
    shared = sys.stdout
    if not _is_of_the_process(shared):
        yield
        return
    shared.flush()
    before = os.dup(STANDARD_OUTPUT)
    os.dup2(STANDARD_ERROR, STANDARD_OUTPUT)
    buffered = 1 if shared.line_buffering else -1
    try:
        with open(before, "w", buffered, encoding=shared.encoding, errors=shared.errors, closefd=False) as ours:
            sys.stdout = ours
            yield
    finally:
        sys.stdout = shared
        shared.flush()
        os.dup2(before, STANDARD_OUTPUT)
        os.close(before)


def _is_of_the_process(stream: TextIO) -> TypeGuard[TextIOWrapper]:
    try:
        return isinstance(stream, TextIOWrapper) and stream.fileno() == STANDARD_OUTPUT
    except OSError:
        # It is kept in memory.
        return False


def opened() -> None:
    """Open the standard streams that a shell closed (>&-, 2>&-): no file that is opened later may come in their place.

    What is written to one of them is read by nobody.
    """
    for name, number in (("stdout", STANDARD_OUTPUT), ("stderr", STANDARD_ERROR)):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, open(number, "w", encoding="utf-8"))  # noqa: SIM115  # as long as the process


def claimed(path: Path | None, claim: Claim = NewFile.claimed) -> AbstractContextManager[NewFile | None]:
    """Claim the file of a page or a form before any work is done for it, if one is wanted."""
    return nullcontext() if path is None else claim(path)


def refuse_one_for_two(**written: Path | None) -> None:
    """Refuse one file for two of the options that name one to write: the last would take the place of the others.

    Raises:
        CommandRefused: for two of them.
    """
    places: dict[str, str] = {}
    for option, path in written.items():
        if path is not None and (other := places.setdefault(os.path.realpath(path), option)) != option:
            both = " and ".join(f"--{name.replace('_', '-')}" for name in (other, option))
            raise CommandRefused(f"{both} name one file, {path}.", "name a file for each.")


def sparing(claim: Claim, read: Sequence[Path]) -> Claim:
    """Return `claim`, but for the files that are `read`: none of them may be replaced.

    Raises:
        CommandRefused: (what is returned) where the file is one of those, by whatever name.
    """

    def claims(path: Path) -> AbstractContextManager[NewFile]:
        if any(_is_file(path, one) for one in read):
            raise CommandRefused(
                f"{path} is a file that the command reads, and was not replaced.", "name another file."
            )
        return claim(path)

    return claims


def _is_file(path: Path, one: Path) -> bool:
    try:
        return path.samefile(one)
    except (OSError, ValueError):
        # One of them is not there, or is no name of a file.
        return False


def say(lines: Iterable[str], screen: Iterable[RenderableType]) -> None:
    """Print the one or the other; what is not printed is not made."""
    if sys.stdout.isatty():
        show(screen)
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines)

"""Where a command writes: a file that a person named, standard output, a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from rich.console import RenderableType

from alembic_rekey.errors import CommandRefused
from alembic_rekey.report.file import NewFile
from alembic_rekey.show.terminal import show

__all__ = ["Claim", "claimed", "say", "sparing"]

Claim = Callable[[Path], AbstractContextManager[NewFile]]


def claimed(path: Path | None, claim: Claim = NewFile.claimed) -> AbstractContextManager[NewFile | None]:
    """Claim the file of a page or a form before any work is done for it, if one is wanted."""
    return nullcontext() if path is None else claim(path)


def sparing(claim: Claim, read: Sequence[Path]) -> Claim:
    """Return `claim`, but for the files that are `read`: none of them may be replaced.

    Raises:
        CommandRefused: (what is returned) where the file is one of those, by whatever name.
    """

    def claims(path: Path) -> AbstractContextManager[NewFile]:
        if any(_is_file(path, one) for one in read):
            raise CommandRefused(
                f"{path} is a file that the command reads, and was not replaced.", "name another file for the page."
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

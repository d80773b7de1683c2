"""Where a command writes: a file that a person named, standard output, a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from rich.console import RenderableType

from alembic_rekey.report.file import NewFile
from alembic_rekey.show.terminal import show

__all__ = ["Claim", "claimed", "say"]

Claim = Callable[[Path], AbstractContextManager[NewFile]]


def claimed(path: Path | None, claim: Claim = NewFile.claimed) -> AbstractContextManager[NewFile | None]:
    """Claim the file of a page or a form before any work is done for it, if one is wanted."""
    return nullcontext() if path is None else claim(path)


def say(lines: Iterable[str], screen: Iterable[RenderableType]) -> None:
    """Print the one or the other; what is not printed is not made."""
    if sys.stdout.isatty():
        show(screen)
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines)

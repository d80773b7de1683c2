"""What a person who waits is told: a line per long phase in the log, and a bar where standard error is a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator, Iterable, Iterator, Sized
from shutil import get_terminal_size
from time import monotonic
from types import TracebackType
from typing import Self, TypeVar

from alembic_rekey.spec import Check

__all__ = ["Progress"]

_WORTH_A_LINE = 1.0
"""Seconds from which on a phase or a statement is logged for a person who waits; shorter ones are for debugging."""
_BETWEEN = 0.1
"""Seconds between two drawings while rows pass by."""
_WIDTH = 24
_ERASE = "\r\x1b[2K"

_log = logging.getLogger("alembic.rekey")
_Some = TypeVar("_Some", bound=Sized)


class Progress:
    """One phase of work, `parts` statements long, for a `with`. A phase without a name says nothing.

    `rows` is how many rows it was about, so far.
    """

    def __init__(self, says: str, parts: int = 0) -> None:
        self.rows = 0
        self._says = says
        self._parts = parts
        self._done = 0
        self._begun = self._drawn = monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._erase()
        if error is None and self._says:
            self.took(self._says, self.rows, self._begun)

    @property
    def is_long(self) -> bool:
        """Whether the phase will be worth a line."""
        return monotonic() - self._begun >= _WORTH_A_LINE

    def doing(self, says: str) -> None:
        """Tell which statement comes next."""
        share = self._done / self._parts if self._parts else 0
        full = round(share * _WIDTH)
        self._draw(f"{self._says} [{'#' * full}{'.' * (_WIDTH - full)}] {share:4.0%} {says}")
        self._done += 1

    def telling(self, checks: Iterable[Check]) -> Iterator[Check]:
        """Yield `checks`, each when it is its turn to be asked, and tell which that is."""
        for check in checks:
            self.doing(check.claim)
            yield check

    def passing(self, rows: Iterable[_Some]) -> Generator[_Some, None, None]:
        """Yield `rows`, which come some at a time, and count them."""
        for some in rows:
            self.rows += len(some)
            if monotonic() - self._drawn >= _BETWEEN:
                self._draw(f"{self._says}: {self.rows:,} rows")
            yield some

    def took(self, says: str, rows: int, begun: float) -> None:
        """Log what lasted from `begun`, of the monotonic clock, until now."""
        seconds = monotonic() - begun
        level = logging.INFO if seconds >= _WORTH_A_LINE else logging.DEBUG
        if _log.isEnabledFor(level):
            self._erase()
        told = {"phase": self._says, "rows": rows if rows > 0 else None, "seconds": round(seconds, 3)}
        _log.log(level, "%s%s %.1f s", says, f" {rows:,} rows," if rows > 0 else "", seconds, extra=told)

    def _draw(self, text: str) -> None:
        self._drawn = monotonic()
        if self._says and _is_watched():
            sys.stderr.write(f"{_ERASE}{text[: get_terminal_size().columns - 1]}")
            sys.stderr.flush()

    def _erase(self) -> None:
        if self._says and _is_watched():
            sys.stderr.write(_ERASE)
            sys.stderr.flush()


def _is_watched() -> bool:
    """Tell whether a person watches: a log file or a pipe gets no bar."""
    return sys.stderr is not None and sys.stderr.isatty()

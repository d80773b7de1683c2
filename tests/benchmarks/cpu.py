"""CPU seconds of processes: on a machine that does other things too they vary less than seconds do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["cpu_seconds", "family_seconds", "parent_of"]

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _OWN, _REAPED = 1, slice(11, 13), slice(13, 15)
"""Fields of /proc/PID/stat behind the name in parentheses."""


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return []


def cpu_seconds(pid: int) -> float:
    """Those of one process alone."""
    return sum(map(int, _stat(pid)[_OWN])) / _TICKS


def parent_of(pid: int) -> int:
    """The process that started it."""
    return int(_stat(pid)[_PARENT])


def family_seconds(pid: int) -> float:
    """Those of a process and its children, the ended ones included."""
    ticks = [*_stat(pid)[_OWN], *_stat(pid)[_REAPED], *(tick for stat in _children(pid) for tick in stat[_OWN])]
    return sum(map(int, ticks)) / _TICKS


def _children(pid: int) -> Iterator[list[str]]:
    every = (_stat(int(folder.name)) for folder in Path("/proc").iterdir() if folder.name.isdigit())
    return (stat for stat in every if stat and stat[_PARENT] == str(pid))

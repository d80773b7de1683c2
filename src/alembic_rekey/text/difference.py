"""Where two values differ: runs of text that are the same or not, found by words and within bounded work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import takewhile
from typing import NamedTuple

__all__ = ["Run", "runs"]

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_CELLS = 40_000
"""Words of one text times words of the other that are compared: two hundred changed words against two hundred."""


class Run(NamedTuple):
    """A piece of both texts: equal in both, or what the one has where the other has something else."""

    old: str
    new: str

    @property
    def same(self) -> bool:
        """Whether both texts say the same here."""
        return self.old == self.new


def runs(old: str, new: str) -> list[Run]:
    """Return the runs that make up both texts, in their order; no two of a kind stand side by side.

    Texts that differ in more than can be compared in a moment are told apart at both ends only.
    """
    joined: list[Run] = []
    for run in _runs(_TOKEN.findall(old), _TOKEN.findall(new)):
        if joined and joined[-1].same == run.same:
            run = Run(joined[-1].old + run.old, joined.pop().new + run.new)
        joined.append(run)
    return joined


def _runs(old: list[str], new: list[str]) -> Iterator[Run]:
    before = _alike(old, new)
    after = _alike(old[before:][::-1], new[before:][::-1])
    changed, made = old[before : len(old) - after], new[before : len(new) - after]
    yield from _equal(old[:before])
    if len(changed) * len(made) > _MOST_CELLS:
        yield Run("".join(changed), "".join(made))
    else:
        for tag, i, j, k, m in SequenceMatcher(None, changed, made, autojunk=False).get_opcodes():
            one, other = "".join(changed[i:j]), "".join(made[k:m])
            yield from (_equal([one]) if tag == "equal" else _within(one, other))
    yield from _equal(old[len(old) - after :])


def _within(old: str, new: str) -> Iterator[Run]:
    """Yield what differs between two words that are mostly alike; others differ as a whole."""
    before = _alike(old, new)
    after = _alike(old[before:][::-1], new[before:][::-1])
    if 2 * (before + after) < max(len(old), len(new)):
        yield Run(old, new)
        return
    yield from _equal([old[:before]])
    yield Run(old[before : len(old) - after], new[before : len(new) - after])
    yield from _equal([old[len(old) - after :]])


def _alike(old: list[str] | str, new: list[str] | str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _equal(tokens: list[str]) -> Iterator[Run]:
    if text := "".join(tokens):
        yield Run(text, text)

"""Values as HTML: harmless whatever they hold, in ASCII, with what differs marked."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from alembic_rekey.text.difference import Run, runs
from alembic_rekey.text.shown import visible

__all__ = ["Piece", "cut", "escaped", "island", "pieces", "said"]

_AROUND = 60
"""Characters of a long equal run that are shown on each side of what was left out."""

Piece = str | int | list[Any]
"""A text that both sides have, a number of equal characters that are left out, or [old, new, more old, more new]."""


def escaped(value: object) -> str:
    """Return `value` for the body of an element or for an attribute in double quotes, in ASCII."""
    text = f"{value:,}" if type(value) is int else visible(str(value))
    return escape(text).encode("ascii", "xmlcharrefreplace").decode()


def island(value: Any) -> str:
    """Return JSON that can stand in a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def said(value: Any) -> str:
    """Return a value of a report's row as the text that is compared and shown: text as it is, the rest as JSON."""
    if isinstance(value, str):
        return visible(value)
    return "⟨NULL⟩" if value is None else json.dumps(value)


def cut(text: str, most: int) -> str:
    """Return at most `most` characters of `text` and a note of how many there were more."""
    rest = len(text) - most
    return text if rest <= 0 else f"{text[:most]}… {rest:,} more characters"


def pieces(old: str, new: str, most: int) -> list[Piece]:
    """Return what both texts hold, at most `most` characters of each difference; long equal runs are cut short."""
    found: list[Piece] = []
    for run in runs(old, new):
        found += _equal(run.old, most) if run.same else [_differing(run, most)]
    return found


def _equal(text: str, most: int) -> list[Piece]:
    left_out = len(text) - 2 * _AROUND
    if len(text) <= most // 2 or left_out <= _AROUND:
        return [text]
    return [text[:_AROUND], left_out, text[-_AROUND:]]


def _differing(run: Run, most: int) -> Piece:
    return [run.old[:most], run.new[:most], *(max(0, len(text) - most) for text in run)]

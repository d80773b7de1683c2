"""The texts of SQLite's catalog in pieces: a statement that makes something, as its brackets and commas divide it."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["divided", "grouped", "unquoted", "words"]

_PIECE = re.compile(
    r"""x'[0-9a-f]*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\]
    | --[^\n]* | /\*.*?(?:\*/|$) | [\w$\u0080-\U0010FFFF]+ | .""",
    re.X | re.S | re.I,
)


def divided(sql: str) -> tuple[list[list[str]], list[str]]:
    """Return the pieces between the first brackets of `sql`, divided by commas, and those behind; comments are gone."""
    pieces = iter([" " if piece.startswith(("--", "/*")) else piece for piece in _PIECE.findall(sql)])
    depth, terms = 0, list[list[str]]()
    for piece in pieces:
        depth += (piece == "(") - (piece == ")")
        if depth == 1 and piece in ("(" if not terms else ","):
            terms.append([])
        elif depth > 0:
            terms[-1].append(piece)
        elif terms:
            break
    return terms, list(pieces)


def grouped(term: Sequence[str]) -> list[str]:
    """Return the pieces of `term` but blanks, what stands in brackets as one, with them."""
    depth, found = 0, list[str]()
    for piece in term:
        if depth:
            found[-1] += piece
        elif piece.strip():
            found.append(piece)
        depth += (piece == "(") - (piece == ")")
    return found


def words(text: str) -> set[str]:
    """Return the names and words of `text` in small letters, without their quotes; a literal is none of them."""
    return {unquoted(piece).lower() for piece in _PIECE.findall(text) if not piece.startswith(("'", "x'", "X'"))}


def unquoted(piece: str) -> str:
    """Return the name that `piece` is, without its quotes."""
    first = piece[:1]
    if first == "[":
        return piece[1:-1]
    return piece[1:-1].replace(first * 2, first) if first and first in "'`\"" else piece

"""SQL laid out for a reader: lines of moderate width, a clause to a line, nested queries indented.

Only the blanks between tokens change; beside parentheses, where none are needed, some are added. What is
inside quotes stays to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["WIDTH", "laid_out", "tokens"]

WIDTH = 120
"""Lines are not longer than this where blanks allow it."""

_INDENT = 2
_SHORT = 40
"""Parentheses of so few characters are not opened."""
_WORD = 16
"""Where no part is longer than this, several stand on a line."""

_BLANKS = " \t\r\n\f"
_BLANK = frozenset(_BLANKS)

# The further rows of VALUES are a token each, where they fit on a line: a registry has thousands of them.
# Two literals with nothing but blanks between them are one: to PostgreSQL a line break matters there.
_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?<=\),[ ])(?=[^)]{1,90}\)) \('[^'\\]*'(?:,[ ]'[^'\\]*')*\)
    | (?: [Ee]'(?:[^'\\]|\\.|'')*' | [A-Za-z]?'(?:[^']|'')*' ) (?: [ \t\r\n\f]*'(?:[^']|'')*' )*
    | "(?:[^"]|"")*"
    | \$(?P<tag>[^\W\d]\w*)?\$ .*? \$(?(tag)(?P=tag))\$
    | (?P<unread> ['"`\[] | /\* | \$\D )
    | WITH[ ]ORDINALITY\b
    | [\w.$]+
    | [^\w \t\r\n\f]
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)

_PAIRS = {"(": ")", "CASE": "END"}
_SETS = {"UNION", "EXCEPT", "INTERSECT"}
_CLAUSES = {
    "WITH",
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "INSERT",
    "VALUES",
    "SET",
    "RETURNING",
}
_JOINS = {"LEFT", "CROSS", "JOIN"}
_CASES = {"WHEN", "ELSE"}
_LOGIC = {"AND", "OR", "ON"}
_LISTED = {*_SETS, *_CLAUSES, *_JOINS} - {"WITH"}
"""What is listed after one of these words is indented."""
_BOUND = {*_SETS, "ALL", "CREATE", "DELETE", "DISTINCT", "LEFT", "OUTER", "CROSS", "PRECEDING", "TIMESTAMP"}
"""What follows one of these words belongs to it: UNION ALL SELECT, DELETE FROM, TIMESTAMP WITH TIME ZONE."""


@dataclass(frozen=True, slots=True)
class _Token:
    """A token, and whether blanks stand before it; `inside` is what an opening one holds up to its partner.

    `flat` is the text on one line, made once: every level of nesting asks for it again.
    """

    text: str
    spaced: bool
    flat: str
    inside: tuple[_Token, ...] | None = None

    @classmethod
    def pair(cls, text: str, spaced: bool, inside: tuple[_Token, ...]) -> _Token:
        """Return an opening token with what it holds."""
        blank = " " * (text != "(")
        return cls(text, spaced, f"{text}{blank}{_flat(inside)}{blank}{_PAIRS[text]}", inside)


_Found = re.Match[str]
_Sequence = Sequence[_Token]
_Line = tuple[int, str]


def tokens(sql: str) -> list[str]:
    """Return the tokens of `sql`, quotes and comments whole: what `laid_out` never changes."""
    return [found[0] for found in _TOKEN.finditer(sql)]


def laid_out(sql: str) -> str:
    """Return the statements of `sql` on lines of moderate width; comments between statements stay there.

    A statement with a comment inside, or one that this module cannot read, stays as it is.
    """
    found = list(_TOKEN.finditer(sql))
    if any(token["unread"] for token in found):
        return sql
    return "\n".join(_statement(sql[part[0].start() : part[-1].end()], part) for part in _statements(found))


def _statements(found: Iterable[_Found]) -> Iterator[list[_Found]]:
    """Yield each statement with its semicolon, and each comment between two of them."""
    part: list[_Found] = []
    for token in found:
        ends = token[0] == ";" or (token["comment"] and not part)
        part.append(token)
        if ends:
            yield part
            part = []
    if part:
        yield part


def _statement(sql: str, found: Sequence[_Found]) -> str:
    nested = None if any(token["comment"] for token in found) else _nested(iter(found))
    if nested is None:
        return sql
    return "\n".join(f"{' ' * indent}{text}" for indent, text in _block(nested, 0))


def _nested(rest: Iterator[_Found], partner: str | None = None) -> tuple[_Token, ...] | None:
    """Return the tokens up to `partner`; None if a parenthesis or a CASE has no end."""
    level: list[_Token] = []
    for found in rest:
        text, spaced = found[0], found.string[found.start() - 1 : found.start()] in _BLANK
        if text == partner:
            return tuple(level)
        if text in _PAIRS.values():
            return None
        if text not in _PAIRS:
            level.append(_Token(text, spaced, text))
            continue
        inside = _nested(rest, _PAIRS[text])
        if inside is None:
            return None
        level.append(_Token.pair(text, spaced, inside))
    return tuple(level) if partner is None else None


def _flat(sequence: _Sequence) -> str:
    return "".join(f"{' ' * token.spaced}{token.flat}" for token in sequence).strip(" ")


def _block(sequence: _Sequence, indent: int) -> list[_Line]:
    """Return `sequence` as lines: on one if it fits, else split at the first kind of place that it has."""
    flat = _flat(sequence)
    if indent + len(flat) <= WIDTH:
        return [(indent, flat)]
    for split, deeper, arranged in _SPLITS:
        first, *others = parts = split(sequence)
        if others and first[0].text == "VALUES":
            return [(indent, "VALUES"), *_filled((first[1:], *others), indent + _INDENT, indent + _INDENT)]
        if others:
            return arranged(parts, indent, indent + deeper * (first[0].text in _LISTED))
    return _opened(sequence, indent)


def _each(parts: Sequence[_Sequence], indent: int, below: int) -> list[_Line]:
    """Return the parts on lines of their own, the further ones from `below`; short ones share a line."""
    if all(len(_flat(part)) <= _WORD for part in parts):
        return _filled(parts, indent, below)
    first, *others = parts
    return [*_block(first, indent), *(line for part in others for line in _block(part, below))]


def _filled(parts: Sequence[_Sequence], indent: int, below: int) -> list[_Line]:
    """Return the parts with as many on a line as fit; one that takes several lines shares none of them."""
    lines: list[_Line] = []
    line = ""
    for part in parts:
        flat, here = _flat(part), below if lines else indent
        if line and here + len(line) + len(flat) < WIDTH:
            line += f" {flat}"
            continue
        if line:
            lines.append((here, line))
        line, here = flat, below if lines else indent
        if here + len(flat) > WIDTH:
            lines += _block(part, here)
            line = ""
    return [*lines, (below if lines else indent, line)] if line else lines


def _before(words: Collection[str], sequence: _Sequence) -> list[_Sequence]:
    """Split in front of the words, where blanks stand already."""
    return _cut(
        sequence,
        lambda before, token: token.spaced and token.text in words and before.text not in _BOUND,
    )


def _after_commas(sequence: _Sequence) -> list[_Sequence]:
    return _cut(sequence, lambda before, token: before.text == "," and token.spaced)


def _cut(sequence: _Sequence, here: Callable[[_Token, _Token], bool]) -> list[_Sequence]:
    starts = [place for place, pair in enumerate(pairwise(sequence), start=1) if here(*pair)]
    return [sequence[start:end] for start, end in pairwise([0, *starts, len(sequence)])]


_Arranged = Callable[[Sequence[_Sequence], int, int], list[_Line]]

_SPLITS: tuple[tuple[Callable[[_Sequence], list[_Sequence]], int, _Arranged], ...] = (
    (lambda sequence: _before(_SETS, sequence), 0, _each),
    (lambda sequence: _before(_CLAUSES, sequence), 0, _filled),
    (lambda sequence: _before(_CASES, sequence), 0, _each),
    (_after_commas, _INDENT, _filled),
    (lambda sequence: _before(_JOINS, sequence), _INDENT, _each),
    (lambda sequence: _before(_LOGIC, sequence), _INDENT, _filled),
)


def _opened(sequence: _Sequence, indent: int) -> list[_Line]:
    """Return `sequence` with what its long parentheses and CASEs hold on lines of their own."""
    lines: list[_Line] = []
    line = ""
    for place, token in enumerate(sequence):
        blank = " " * (token.spaced and bool(line))
        fits = indent + len(line) + len(blank) + len(_flat(sequence[place:])) <= WIDTH
        if token.inside and not fits and len(token.flat) > _SHORT:
            lines += [(indent, f"{line}{blank}{token.text}"), *_block(token.inside, indent + _INDENT)]
            line = _PAIRS[token.text]
        else:
            line += blank + token.flat
    return [*lines, (indent, line)]

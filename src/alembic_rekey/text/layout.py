"""SQL laid out for a reader: lines of moderate width, a clause to a line, nested queries indented.

Only the blanks between tokens change; beside parentheses, where none are needed, some are added. What is
inside quotes stays to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from alembic_rekey.text.tokens import PAIRS, Found, Token, found_in, nested, on_one_line

__all__ = ["WIDTH", "laid_out"]

WIDTH = 120
"""Lines are not longer than this where blanks allow it."""

_INDENT = 2
_SHORT = 40
"""Parentheses of so few characters are not opened."""
_WORD = 16
"""Where no part is longer than this, several stand on a line."""

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
    "WINDOW",
}
_JOINS = {"LEFT", "CROSS", "JOIN"}
_CASES = {"WHEN", "ELSE"}
_LOGIC = {"AND", "OR", "ON"}
_LISTED = {*_SETS, *_CLAUSES, *_JOINS} - {"WITH"}
"""What is listed after one of these words is indented."""
_BOUND = {*_SETS, "ALL", "CREATE", "DELETE", "DISTINCT", "LEFT", "OUTER", "CROSS", "PRECEDING", "TIMESTAMP"}
"""What follows one of these words belongs to it: UNION ALL SELECT, DELETE FROM, TIMESTAMP WITH TIME ZONE."""


_Sequence = Sequence[Token]
_Line = tuple[int, str]


def laid_out(sql: str) -> str:
    """Return the statements of `sql` on lines of moderate width; comments between statements stay there.

    A statement with a comment inside, or one that this module cannot read, stays as it is.
    """
    found = found_in(sql)
    if any(token["unread"] for token in found):
        return sql
    return "\n".join(_statement(sql[part[0].start() : part[-1].end()], part) for part in _statements(found))


def _statements(found: Iterable[Found]) -> Iterator[list[Found]]:
    """Yield each statement with its semicolon, and each comment between two of them."""
    part: list[Found] = []
    for token in found:
        ends = token[0] == ";" or (token["comment"] and not part)
        part.append(token)
        if ends:
            yield part
            part = []
    if part:
        yield part


def _statement(sql: str, found: Sequence[Found]) -> str:
    read = None if any(token["comment"] for token in found) else nested(iter(found))
    if read is None:
        return sql
    return "\n".join(f"{' ' * indent}{text}" for indent, text in _block(read, 0))


def _block(sequence: _Sequence, indent: int) -> list[_Line]:
    """Return `sequence` as lines: on one if it fits, else split at the first kind of place that it has."""
    flat = on_one_line(sequence)
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
    if all(len(on_one_line(part)) <= _WORD for part in parts):
        return _filled(parts, indent, below)
    first, *others = parts
    return [*_block(first, indent), *(line for part in others for line in _block(part, below))]


def _filled(parts: Sequence[_Sequence], indent: int, below: int) -> list[_Line]:
    """Return the parts with as many on a line as fit; one that takes several lines shares none of them."""
    lines: list[_Line] = []
    line = ""
    for part in parts:
        flat, here = on_one_line(part), below if lines else indent
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


def _cut(sequence: _Sequence, here: Callable[[Token, Token], bool]) -> list[_Sequence]:
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
        fits = indent + len(line) + len(blank) + len(on_one_line(sequence[place:])) <= WIDTH
        if token.inside and not fits and len(token.flat) > _SHORT:
            opening, inside, closing = _innermost(token, token.inside, WIDTH - indent - len(line) - len(blank))
            lines += [(indent, f"{line}{blank}{opening}"), *_block(inside, indent + _INDENT)]
            line = closing
        else:
            line += blank + token.flat
    return [*lines, (indent, line)]


def _innermost(token: Token, inside: _Sequence, width: int) -> tuple[str, _Sequence, str]:
    """Return how `token` opens, what stands on lines of its own, and how it ends.

    Where hardly anything stands in it but another pair, that one opens on the same line.
    """
    opening, closing = token.text, PAIRS[token.text]
    while token.text == "(" and (place := _lone(inside)) is not None:
        token = inside[place]
        before, after = (
            on_one_line(inside[:place]),
            "".join(f"{' ' * each.spaced}{each.flat}" for each in inside[place + 1 :]),
        )
        deeper = f"{opening}{before}{' ' * (token.spaced and bool(before))}{token.text}"
        if len(deeper) > width or token.inside is None:
            break
        opening, inside, closing = deeper, token.inside, f"{PAIRS[token.text]}{after}{closing}"
    return opening, inside, closing


def _lone(inside: _Sequence) -> int | None:
    """Return the place of the one long pair in `inside` where that is split nowhere else."""
    long = [place for place, token in enumerate(inside) if token.inside and len(token.flat) > _SHORT]
    rest = sum(len(token.flat) for place, token in enumerate(inside) if place not in long)
    alone = len(long) == 1 and rest <= _SHORT and all(len(split(inside)) == 1 for split, *_ in _SPLITS)
    return long[0] if alone else None

"""SQL laid out for a reader: lines of moderate width, a clause to a line, nested queries indented.

Only the blanks between tokens change; beside parentheses, where none are needed, some are added. What is
inside quotes stays to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from alembic_rekey.text.tokens import PAIRS, Found, Token, found_in, nested, on_one_line

__all__ = ["WIDTH", "laid_out"]

WIDTH = 120
"""Lines are not longer than this where blanks allow it."""

_INDENT = 2
_SHORT = 40
"""Parentheses of so few characters are not opened."""

_CALL = 5
"""A call has a name and arguments, another name behind AS and a comma."""
_TARGET = 60
"""Behind a target of so many characters begins what is inserted into it, or what it is made of."""

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
_LISTED = {*_SETS, *_CLAUSES, *_JOINS, "CREATE"} - {"WITH"}
"""What is listed after one of these words is indented."""
_BOUND = {*_SETS, "ALL", "CREATE", "DELETE", "DISTINCT", "LEFT", "OUTER", "CROSS", "PRECEDING", "TIMESTAMP"}
"""What follows one of these words belongs to it: UNION ALL SELECT, DELETE FROM, TIMESTAMP WITH TIME ZONE."""


_Sequence = Sequence[Token]


@dataclass
class _Lines:
    """The lines that are written so far, and the one that is being written."""

    done: list[str] = field(default_factory=list)
    indent: int = 0
    line: str = ""

    def fits(self, text: str) -> bool:
        """Tell whether `text` has room behind what stands in the line."""
        return self.indent + len(self.line) + len(text) <= WIDTH

    def add(self, text: str, spaced: bool = False) -> None:
        """Write `text` into the line."""
        self.line += f"{' ' * (spaced and bool(self.line))}{text}"

    def begin(self, indent: int) -> None:
        """Begin another line."""
        if self.line:
            self.done.append(f"{' ' * self.indent}{self.line}")
        self.indent, self.line = indent, ""


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
    lines = _Lines()
    _write(lines, read, 0)
    lines.begin(0)
    return "\n".join(lines.done)


def _write(lines: _Lines, sequence: _Sequence, indent: int) -> None:
    """Write `sequence` behind what stands in the line: on one if it fits, else split at the first kind of place."""
    if lines.fits(on_one_line(sequence)):
        return lines.add(on_one_line(sequence))
    for split, deeper, flows in _SPLITS:
        first, *others = split(sequence)
        if others:
            below = indent + deeper * (first[0].text in _LISTED)
            if first[0].text == "VALUES":
                lines.add("VALUES")
                lines.begin(below)
                first, indent = first[1:], below
            return _write_parts(lines, (first, *others), indent, below, flows and first[0].text != "WITH")
    return _write_tokens(lines, sequence, indent)


def _write_parts(lines: _Lines, parts: Sequence[_Sequence], indent: int, below: int, flows: bool) -> None:
    """Write the parts, each on a line of its own or, where they fit, several on one.

    Unless the kind `flows`, a part that takes several lines shares none of them.
    """
    shared = True
    for number, part in enumerate(parts):
        flat = on_one_line(part)
        if number:
            if shared and lines.fits(f" {flat}"):
                lines.add(flat, spaced=True)
                continue
            if flows and shared and below + len(flat) > WIDTH and _is_call(part) and lines.fits(f" {_opening(part)}"):
                lines.add(" ")
            else:
                lines.begin(below)
        before = len(lines.done)
        _write(lines, part, below if number else indent)
        shared = flows or len(lines.done) == before


def _write_tokens(lines: _Lines, sequence: _Sequence, indent: int) -> None:
    """Write what is split nowhere, and what its long parentheses and CASEs hold on further lines."""
    for place, token in enumerate(sequence):
        blank = " " * (token.spaced and bool(place))
        below, word = indent + _INDENT, _word(sequence[place:])
        longer = below + len(on_one_line(word)) > WIDTH
        if blank and not lines.fits(f" {_opening(word) if longer else on_one_line(word)}"):
            lines.begin(below)
            blank = ""
        rest = on_one_line(sequence[place:])
        if token.inside and not lines.fits(f"{blank}{rest}") and len(token.flat) > _SHORT:
            lines.add(f"{blank}{token.text}{' ' * (token.text != '(')}")
            outer = lines.indent
            _write(lines, token.inside, outer + _INDENT)
            closing = f"{' ' * (token.text != '(')}{PAIRS[token.text]}"
            if not lines.fits(f"{closing}{_following(sequence[place + 1 :])}"):
                lines.begin(outer)
                closing = PAIRS[token.text]
            lines.add(closing)
        else:
            lines.add(f"{blank}{token.flat}")


def _opening(part: _Sequence) -> str:
    """Return how `part` begins: up to the first word in its first long parenthesis."""
    for place, token in enumerate(part):
        if token.inside and len(token.flat) > _SHORT:
            return f"{on_one_line(part[:place])} {token.text} {_opening(_word(token.inside))}"
    return on_one_line(part).partition("\n")[0]


def _word(sequence: _Sequence) -> _Sequence:
    """Return what `sequence` begins with, up to the first blank."""
    ends = (place for place, token in enumerate(sequence) if place and token.spaced)
    return sequence[: next(ends, len(sequence))]


def _is_call(part: _Sequence) -> bool:
    """Tell whether `part` is a function of several arguments, and nothing else."""
    inside = [token.inside for token in part[1:2] if token.text == "(" and not token.spaced]
    return len(part) <= _CALL and any(each is not None and len(_after_commas(each)) > 1 for each in inside)


def _following(rest: _Sequence) -> str:
    """Return what has to stand behind a parenthesis that ends: all up to the next long one."""
    long = [place for place, token in enumerate(rest) if token.inside and len(token.flat) > _SHORT]
    after = rest[: long[0]] if long else rest
    return "".join(f"{' ' * token.spaced}{token.flat}" for token in after)


def _before(words: Collection[str], sequence: _Sequence) -> list[_Sequence]:
    """Split in front of the words, where blanks stand already."""
    return _cut(
        sequence,
        lambda before, token: token.spaced and token.text in words and before.text not in _BOUND,
    )


def _inserting(clauses: list[_Sequence]) -> list[_Sequence]:
    """Return the clauses with what is inserted behind the target that it is inserted into, or made as."""
    first, second, *_ = (*clauses, (), ())
    made = first and second and first[0].text in {"INSERT", "CREATE"} and second[0].text in {"SELECT", "VALUES"}
    if made and len(on_one_line(first)) <= _TARGET:
        return [(*first, *second), *clauses[2:]]
    return clauses


def _after_commas(sequence: _Sequence) -> list[_Sequence]:
    return _cut(sequence, lambda before, token: before.text == "," and token.spaced)


def _cut(sequence: _Sequence, here: Callable[[Token, Token], bool]) -> list[_Sequence]:
    starts = [place for place, pair in enumerate(pairwise(sequence), start=1) if here(*pair)]
    return [sequence[start:end] for start, end in pairwise([0, *starts, len(sequence)])]


_SPLITS: tuple[tuple[Callable[[_Sequence], list[_Sequence]], int, bool], ...] = (
    (lambda sequence: _before(_SETS, sequence), 0, False),
    (lambda sequence: _inserting(_before(_CLAUSES, sequence)), 0, False),
    (lambda sequence: _before(_CASES, sequence), 0, False),
    (_after_commas, _INDENT, True),
    (lambda sequence: _before(_JOINS, sequence), _INDENT, False),
    (lambda sequence: _before(_LOGIC, sequence), _INDENT, True),
)
"""Where a sequence is split, how much deeper its further parts stand, and whether these share lines of several."""

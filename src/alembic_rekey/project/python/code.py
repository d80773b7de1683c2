"""Python text as a formatter would leave it: calls and tuples on one line, or an argument on each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from alembic_rekey.text.shown import printable

__all__ = [
    "Argument",
    "Call",
    "Code",
    "called_with",
    "column_of",
    "commented",
    "flat",
    "sentence",
    "string",
    "tuple_of",
    "written",
]

WIDTH = 88
"""A formatter's default. What is laid out wider stays as it is where a project allows more."""
_WIDEST = 120
"""A tuple of one is put on one line up to here: formatters that allow so much would do it."""
_STEP = 4
_MOST_OF_A_PIECE = 76
_ALWAYS = "# noqa: E501  # a name of this length"


@dataclass(frozen=True)
class Argument:
    """One argument, or one entry of a tuple, with the comments above it."""

    code: Code
    name: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """A call, or a tuple where nothing is called."""

    what: str
    arguments: tuple[Argument, ...]

    @property
    def is_single(self) -> bool:
        """Whether it is a tuple of one, which needs its comma."""
        return not self.what and len(self.arguments) == 1


@dataclass(frozen=True)
class Pieces:
    """A text in pieces, each a text of Python."""

    texts: tuple[str, ...]


Code = str | Call | Pieces


def called_with(what: str, *arguments: Argument | Code | None) -> Call:
    """Return a call of `what`; an argument that is None is left away."""
    given = (one if isinstance(one, Argument) else Argument(one) for one in arguments if one is not None)
    return Call(what, tuple(given))


def tuple_of(entries: Iterable[Argument | Code]) -> Call:
    """Return a tuple."""
    return called_with("", *entries)


def string(text: str) -> str:
    """Return `text` as a formatter writes it: between double quotes, unless that takes more backslashes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    inner = "".join(_escaped(letter, quote) for letter in text)
    return f"{quote}{inner}{quote}"


def sentence(text: str) -> Code:
    """Return a text that may take several lines: a formatter joins pieces wherever they fit on one."""
    return Pieces(tuple(string(piece) for piece in _pieces(text)))


def _pieces(text: str) -> list[str]:
    lines, line = list[str](), ""
    for word in re.split(r"(?<= )", text):
        if line and len(line) + len(word) > _MOST_OF_A_PIECE:
            lines.append(line)
            line = ""
        line += word
    return [*lines, line]


def _escaped(letter: str, quote: str) -> str:
    if letter in (quote, "\\"):
        return f"\\{letter}"
    return letter if letter.isprintable() else letter.encode("unicode_escape", "surrogatepass").decode()


def column_of(table: str, name: str, taken: frozenset[str]) -> str:
    """Return how the column `name` of the variable `table` is reached; the names `taken` are something else there."""
    plain = name.isidentifier() and name.isascii() and name not in taken and not name.startswith("_")
    return f"{table}.c.{name}" if plain else f"{table}.c[{string(name)}]"


def commented(notes: Sequence[str], indent: int) -> Iterator[str]:
    """Yield the lines of comments."""
    for note in notes:
        width = max(WIDTH - indent - 2, 40)
        for line in wrap(printable(note), width, break_long_words=False, break_on_hyphens=False):
            yield f"{' ' * indent}# {line}"


def written(code: Code, before: str = "", behind: str = "", indent: int = 0) -> Iterator[str]:
    """Yield the lines of `code`, with what stands `before` and `behind` it."""
    if isinstance(code, Pieces):
        yield from _in_pieces(code, before, behind, indent)
        return
    start = " " * indent
    most = _WIDEST if isinstance(code, Call) and code.is_single else WIDTH
    line = f"{start}{before}{flat(code)}{behind}"
    if isinstance(code, str) or (not _is_commented(code) and len(line) <= most):
        yield _marked(line)
        return
    yield f"{start}{before}{code.what}("
    for argument in code.arguments:
        yield from commented(argument.notes, indent + _STEP)
        yield from written(argument.code, argument.name and f"{argument.name}=", ",", indent + _STEP)
    yield f"{start}){behind}"


def flat(code: Code) -> str:
    """Return `code` on one line, without its comments."""
    if isinstance(code, str):
        return code
    if isinstance(code, Pieces):
        # One text: where the one ends and the next begins stand two quotes.
        return string("".join(ast.literal_eval(text) for text in code.texts))
    inner = ", ".join(f"{argument.name and f'{argument.name}='}{flat(argument.code)}" for argument in code.arguments)
    return f"{code.what}({inner}{',' * code.is_single})"


def _in_pieces(code: Pieces, before: str, behind: str, indent: int) -> Iterator[str]:
    whole = f"{' ' * indent}{before}{flat(code)}{behind}"
    if len(whole) <= _WIDEST:
        yield whole
    else:
        yield f"{' ' * indent}{before}("
        yield from (_marked(f"{' ' * (indent + _STEP)}{text}") for text in code.texts)
        yield f"{' ' * indent}){behind}"


def _is_commented(code: Code) -> bool:
    if not isinstance(code, Call):
        return False
    return any(argument.notes or _is_commented(argument.code) for argument in code.arguments)


def _marked(line: str) -> str:
    return line if len(line) <= _WIDEST else f"{line}  {_ALWAYS}"

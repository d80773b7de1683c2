"""An SQL expression over the columns of one table, as SQLAlchemy says it: `lower(email)` is `sa.func.lower(…)`."""

from __future__ import annotations

import re

from alembic_rekey.errors import CommandRefused
from alembic_rekey.project.draft.wanted import column_named
from alembic_rekey.project.python.code import Argument, Code, called_with, flat, string
from alembic_rekey.project.python.naming import Variables
from alembic_rekey.review.schema.description import Described
from alembic_rekey.text.shown import shown

__all__ = ["expression"]

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|'(?P<text>(?:[^']|'')*)'|"(?P<name>(?:[^"]|"")+)"
    |(?P<word>[^\W\d]\w*)|(?P<sign>\|\||[(),.*/+-]))""",
    re.VERBOSE,
)
_Token = tuple[str, str]
_OPEN, _CLOSE, _COMMA, _DOT = (("sign", sign) for sign in "(),.")


def expression(said: str, described: Described, variables: Variables) -> Code:
    """Return SQL of columns, functions, constants, `||` and arithmetic as SQLAlchemy says it.

    Raises:
        CommandRefused: for anything else.
    """
    reading = _Reading(said, list(_tokens(said)), described, variables)
    code = reading.sum()
    if reading.rest:
        raise _unreadable(said)
    return code


def _tokens(said: str) -> list[_Token]:
    tokens, place = list[_Token](), 0
    while place < len(said.rstrip()):
        found = _TOKEN.match(said, place)
        if found is None:
            raise _unreadable(said)
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind].replace("''", "'") if kind == "text" else found[kind].replace('""', '"')))
        place = found.end()
    return tokens


def _unreadable(said: str) -> CommandRefused:
    return CommandRefused(
        f"{shown(said)} is more than columns, functions of them, constants, || and arithmetic.",
        "give each of several expressions a --match of its own; or match by a column, and write what else it is into "
        "the revision: match=(sa.func.lower(customers.c.email),).",
    )


class _Reading:
    """A walk over the words of an expression."""

    def __init__(self, said: str, tokens: list[_Token], described: Described, variables: Variables) -> None:
        self._said, self.rest, self._described, self._variables = said, tokens, described, variables

    def _next_is(self, *wanted: _Token) -> _Token | None:
        return self.rest.pop(0) if self.rest and self.rest[0] in wanted else None

    def sum(self) -> Code:
        """Read up to what ends a sum."""
        code = self._product()
        while (found := self._next_is(*(("sign", sign) for sign in ("||", "+", "-")))) is not None:
            more = self._product()
            if found[1] == "||":
                first = code if not isinstance(code, str) or code[:1] not in "\"'" else called_with("sa.literal", code)
                code = called_with(f"{flat(first)}.concat", more)
            else:
                code = f"{flat(code)} {found[1]} {flat(more)}"
        return code

    def _product(self) -> Code:
        code = self._one()
        while (found := self._next_is(("sign", "*"), ("sign", "/"))) is not None:
            code = f"{flat(code)} {found[1]} {flat(self._one())}"
        return code

    def _one(self) -> Code:
        if self._next_is(_OPEN):
            code = self.sum()
            if not self._next_is(_CLOSE):
                raise _unreadable(self._said)
            return f"({flat(code)})"
        kind, value = self.rest.pop(0) if self.rest else ("", "")
        if kind == "number":
            return value
        if kind == "text":
            return string(value)
        if kind == "word" and self._next_is(_OPEN):
            return self._call(value)
        if kind in ("word", "name"):
            # What stands before a dot is the table.
            return self._one() if self._next_is(_DOT) else self._column(value)
        raise _unreadable(self._said)

    def _column(self, name: str) -> str:
        return self._variables.column(self._described, column_named(self._described, name))

    def _call(self, function: str) -> Code:
        arguments = list[Argument | Code]()
        while self.rest and not self._next_is(_CLOSE):
            arguments.append(self.sum())
            if self.rest[:1] != [_CLOSE] and not self._next_is(_COMMA):
                raise _unreadable(self._said)
        return called_with(f"sa.func.{function.lower()}", *arguments)

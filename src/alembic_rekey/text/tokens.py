"""SQL as its tokens: quotes and comments whole, and what stands in a pair of parentheses, or a CASE, within it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["PAIRS", "Found", "Token", "found_in", "nested", "on_one_line", "tokens"]

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

PAIRS = {"(": ")", "CASE": "END"}

Found = re.Match[str]


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and whether blanks stand before it; `inside` is what an opening one holds up to its partner.

    `flat` is the text on one line, made once: every level of nesting asks for it again.
    """

    text: str
    spaced: bool
    flat: str
    inside: tuple[Token, ...] | None = None

    @classmethod
    def pair(cls, text: str, spaced: bool, inside: tuple[Token, ...]) -> Token:
        """Return an opening token with what it holds."""
        blank = " " * (text != "(")
        return cls(text, spaced, f"{text}{blank}{on_one_line(inside)}{blank}{PAIRS[text]}", inside)


def tokens(sql: str) -> list[str]:
    """Return the tokens of `sql`, quotes and comments whole: what `laid_out` never changes."""
    return [found[0] for found in _TOKEN.finditer(sql)]


def found_in(sql: str) -> list[Found]:
    """Return the same with their places."""
    return list(_TOKEN.finditer(sql))


def nested(rest: Iterator[Found], partner: str | None = None) -> tuple[Token, ...] | None:
    """Return the tokens up to `partner`; None if a parenthesis or a CASE has no end."""
    level: list[Token] = []
    for found in rest:
        text, spaced = found[0], found.string[found.start() - 1 : found.start()] in _BLANK
        if text == partner:
            return tuple(level)
        if text in PAIRS.values():
            return None
        if text not in PAIRS:
            level.append(Token(text, spaced, text))
            continue
        inside = nested(rest, PAIRS[text])
        if inside is None:
            return None
        level.append(Token.pair(text, spaced, inside))
    return tuple(level) if partner is None else None


def on_one_line(sequence: Sequence[Token]) -> str:
    """Return `sequence` on one line."""
    return "".join(f"{' ' * token.spaced}{token.flat}" for token in sequence).strip(" ")

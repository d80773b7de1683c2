"""What a stored value looks like in text for a person: on one line, harmless to a terminal, not too long."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["MOST", "counted", "printable", "shown", "shown_beside", "visible", "without_passwords"]

MOST = 60
"""Characters of a value that are shown; the rest is counted."""


_PASSWORD = re.compile(r"(:/{1,2}[^\s:/@]*:)(?:\*\*\*@|(?:(?!:/{1,2}[^\s:/@]*:).)*@)")
"""What stands in a URL between a user's name and the last @ before another URL: either may be in a password too, and so
may a blank; a path has one slash. What is hidden already ends where it does."""


def without_passwords(text: str) -> str:
    """Return `text` with *** for the password of each URL in it."""
    return _PASSWORD.sub(r"\1***@", text)


def counted(number: int, what: str, several: str = "s") -> str:
    """Return a number of what `what` is one of; `several` is what it ends in where there are more."""
    return f"{number:,} {what}{'' if number == 1 else several}"


def printable(text: str) -> str:
    """Return `text` with everything escaped that could move the cursor, start a line or turn text around."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def visible(text: str) -> str:
    """Return `text` with its lines and tabs, and a name like ⟨U+202E⟩ for all else that could not be seen."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else f"⟨U+{ord(c):04X}⟩" for c in text)


def shown(value: Any, most: int = MOST) -> str:
    """Return a value of a report's row: text in quotes, the rest as JSON has it, cut with a note."""
    text = value if isinstance(value, str) else json.dumps(value)
    cut = text[:most]
    rest = len(text) - len(cut)
    note = f"… {rest:,} more characters" if rest else ""
    return (repr(cut) if isinstance(value, str) else printable(cut)) + note


def shown_beside(value: Any, other: Any, most: int = MOST) -> str:
    """Return `value` as `shown` does, but cut so that where it differs from `other` is seen."""
    if not (isinstance(value, str) and isinstance(other, str)) or value == other or len(value) <= most:
        return shown(value, most)
    alike = next((place for place, pair in enumerate(zip(value, other, strict=False)) if pair[0] != pair[1]), None)
    start = max(0, (min(len(value), len(other)) if alike is None else alike) - most // 3)
    if start == 0:
        return shown(value, most)
    return f"{start:,} equal characters …{shown(value[start:], most)}"

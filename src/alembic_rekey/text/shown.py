"""What a stored value looks like in text for a person: on one line, harmless to a terminal, not too long."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["MOST", "printable", "shown", "visible"]

MOST = 60
"""Characters of a value that are shown; the rest is counted."""


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

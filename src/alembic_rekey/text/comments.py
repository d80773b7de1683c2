"""Comments of a script: lines of ASCII, whatever a path or a name in them holds."""

from __future__ import annotations

import json
from textwrap import wrap

from alembic_rekey.text.layout import WIDTH

__all__ = ["comment", "in_ascii"]


def comment(said: str) -> str:
    """Return `said` as comment lines of ASCII, whatever a path or a name in it holds."""
    return "\n".join(f"-- {part}".rstrip() for line in said.splitlines() for part in _wrapped(in_ascii(line)))


def in_ascii(said: str) -> str:
    """Return `said` with everything escaped that is no printable ASCII."""
    return json.dumps(said)[1:-1].replace('\\"', '"')


def _wrapped(line: str) -> list[str]:
    blanks = line[: len(line) - len(line.lstrip(" "))]
    further = f"{blanks}  "
    # A path or a checksum stays in one piece, so that it can be copied.
    parts = wrap(line, WIDTH - len("-- "), subsequent_indent=further, break_long_words=False, break_on_hyphens=False)
    return parts or [""]

"""What the words of a check are."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Wording"]


@dataclass(frozen=True)
class Wording:
    """The words of one built-in check: `sentence` is a format string over one offending row."""

    claim: str
    sentence: str
    remedy: str

"""Programs of PostgreSQL within one statement."""

from __future__ import annotations

__all__ = ["plpgsql"]


def plpgsql(body: str) -> str:
    """Return the statement that runs `body` on PostgreSQL, between marks that no name in it can end."""
    number = 0
    while f"$rekey{number or ''}$" in body:
        number += 1
    mark = f"$rekey{number or ''}$"
    return f"DO {mark}\n{body}\n{mark}"

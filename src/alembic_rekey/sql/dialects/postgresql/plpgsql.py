"""Programs of PostgreSQL within one statement."""

from __future__ import annotations

from collections.abc import Iterable

from alembic_rekey.text.layout import WIDTH

__all__ = ["filled", "plpgsql"]


def filled(items: Iterable[str], indent: int) -> str:
    """Return a list of SQL with as many items on a line as fit, all lines but the first behind `indent` blanks."""
    lines = [""]
    for item in items:
        if lines[-1] and indent + len(lines[-1]) + len(item) + len(", ,") > WIDTH:
            lines.append("")
        lines[-1] += f"{', ' if lines[-1] else ''}{item}"
    return f",\n{' ' * indent}".join(lines)


def plpgsql(body: str) -> str:
    """Return the statement that runs `body` on PostgreSQL, between marks that no name in it can end."""
    number = 0
    while f"$rekey{number or ''}$" in body:
        number += 1
    mark = f"$rekey{number or ''}$"
    return f"DO {mark}\n{body}\n{mark}"

"""What each column of a part is for: two roles of one column, of which one is written, would change each other."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column

__all__ = ["own_roles", "role_faults"]

_OWN = ("key", "owner", "tag", "name", "status", "created_at", "updated_at")
_READ = ("slot", "value", "agree")


def own_roles(part: object) -> dict[str, Column[object]]:
    """Return the columns of `part` that need to be each another one, by role."""
    given = {role: getattr(part, role, None) for role in _OWN}
    return {role: getattr(known, "column", known) for role, known in given.items() if known is not None}


def role_faults(part: object) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the roles of `part` and what to do, as the ends of sentences."""
    noun, seen = getattr(part, "noun", ""), dict[Column[object], str]()
    for role, known in own_roles(part).items():
        # A key may be the name: whoever has no other.
        if known in seen and {role, seen[known]} != {"key", "name"}:
            yield (
                f"has {known} for the {seen[known]} and the {role} of {noun!r}",
                "give each its own column: what the fold writes to the one would change the other.",
            )
        seen[known] = role
    for role in _READ:
        given = getattr(part, role, None)
        for known in given if isinstance(given, tuple) else (given,):
            # What is read before it is written may be the time, and in rows that are alike the status.
            if seen.get(known) in (("owner", "tag") if role == "agree" else ("owner", "status")):
                yield (
                    f"has {known}, the {seen[known]} of {noun!r}, in its {role} too",
                    f"leave it out of {role}: the fold writes to it.",
                )

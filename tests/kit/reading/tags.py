"""What happens to rows that carry the name as text (design, section 4, References and tags)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from reading.declaration import Declaration, Duplicates, Identity, Match, Row, Tags
from reading.groups import Group, Registry, names_of, text_of
from reading.outcome import Decision, Outcome
from reading.owners import stamped
from reading.values import is_blank, key, moment

__all__ = ["Canonical", "canonical_of", "fold_tags"]

Canonical = Callable[[Any, tuple[Any, ...]], str | None]
"""The canonical of a tag, and of what its row has in `within`; None if it is no name of any group."""


def canonical_of(declaration: Declaration, registry: Registry, groups: list[Group]) -> Canonical:
    """How tags are read: by the registry, or by the names of the rows that were found to be one."""
    identity = declaration.identity
    if identity.duplicates is Duplicates.REGISTERED:
        names = names_of(identity, registry)
        return lambda tag, _within: None if is_blank(tag) else names.get(_matched(identity, tag))
    found: dict[Any, str] = {}
    for group in groups:
        for row in (group.survivor, *group.shadows):
            name = None if row is None else text_of(identity, row)
            if name is not None and not is_blank(name):
                found[name, group.within] = group.canonical
    # Names that nobody registered are exactly those of the rows that are one.
    return lambda tag, within: found.get((tag, within))


def fold_tags(part: Tags, canonical: Canonical, rows: list[Row], outcome: Outcome) -> None:
    """Decides about every row."""
    after = outcome.rows[part.table]
    counted = [row for row in rows if part.counts(row)]
    tags = {part.key_of(row): _read(part, row, canonical) for row in counted}
    rekeyed = {part.key_of(row) for row in counted if _held(part, row) != _becomes(part, row, tags[part.key_of(row)])}
    losers = _losers(part, counted, tags, rekeyed, outcome)
    for row in rows:
        own = part.key_of(row)
        if own not in rekeyed | losers.keys():
            after.append(row)
            continue
        known = next(name for name in tags[own] if name is not None)
        changes = dict(zip(part.tag, _becomes(part, row, tags[own]), strict=True))
        action = "rekey"
        if own in losers:
            action = "merge" if part.status is None else "supersede"
            changes |= {} if part.status is None else {part.status: part.superseded}
        outcome.actions[part.noun][own] = Decision(action, known, losers.get(own))
        if action != "merge":
            after.append({**row, **changes, **stamped(part)})


def _losers(
    part: Tags, rows: list[Row], tags: dict[Any, tuple[str | None, ...]], rekeyed: set[Any], outcome: Outcome
) -> dict[Any, Any]:
    """The keys of the duplicates that lose, with the key of the row that wins."""
    if part.status is None and not part.agree:
        return {}
    groups = defaultdict(list)
    for row in rows:
        known = tags[part.key_of(row)]
        if any(name is not None for name in known):
            alike = tuple(row[column] for column in (*part.agree, *part.within))
            groups[_becomes(part, row, known), alike].append(row)
    found = {}
    for group in groups.values():
        keys = {part.key_of(row) for row in group}
        if keys & rekeyed:
            ranked = sorted(group, key=lambda row: (*_newest(part, row), part.key_of(row) in rekeyed, part.key_of(row)))
            winner = part.key_of(ranked[0])
            lose = keys - {winner} if winner in rekeyed else keys & rekeyed
            found |= dict.fromkeys(lose, winner)
    return found


def _newest(part: Tags, row: Row) -> tuple[int]:
    return (-moment(row, part.updated_at),)


def _read(part: Tags, row: Row, canonical: Canonical) -> tuple[str | None, ...]:
    within = tuple(row[column] for column in part.within)
    return tuple(canonical(row[column], within) for column in part.tag)


def _held(part: Tags, row: Row) -> tuple[Any, ...]:
    return tuple(row[column] for column in part.tag)


def _becomes(part: Tags, row: Row, known: tuple[str | None, ...]) -> tuple[Any, ...]:
    """What the row's tags are afterwards: a name that nobody knows stays."""
    return tuple(tag if name is None else name for tag, name in zip(_held(part, row), known, strict=True))


def _matched(identity: Identity, name: str) -> str:
    return key(name) if identity.match is Match.FOLDED else name

"""The groups: which rows of the identity are one thing, and which of them stays (design, section 4, Groups)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reading.declaration import Duplicates, Expression, Identity, Match, Missing, Most, Row, Tables
from reading.outcome import Created, Outcome
from reading.values import is_blank, key

__all__ = ["Group", "Registry", "groups_of", "names_of", "text_of"]

Registry = Mapping[str, Iterable[str]]
"""The aliases of each canonical."""


@dataclass(frozen=True)
class Group:
    """Rows that are one: the survivor, None where it is still to be created, and the shadows, best first."""

    canonical: str
    within: tuple[Any, ...]
    survivor: Row | None
    shadows: tuple[Row, ...]

    def key(self, identity: Identity) -> tuple[Any, ...]:
        """The key of the row that stays."""
        if self.survivor is not None:
            return identity.key_of(self.survivor)
        return (Created(self.canonical, self.within),)


def names_of(identity: Identity, registry: Registry) -> dict[str, str]:
    """The canonical by what each registered name matches."""
    canonicals: dict[str, str] = {}
    for spelt, aliases in registry.items():
        canonical = spelt.strip()
        for name in (canonical, *(alias.strip() for alias in aliases)):
            matched = name if identity.match is Match.EXACT else key(name)
            if canonical and name and canonicals.setdefault(matched, canonical) != canonical:
                raise ValueError(f"the registry is refused: {name!r} is registered twice")
    return canonicals


def groups_of(identity: Identity, registry: Registry, tables: Tables, outcome: Outcome) -> list[Group]:
    """All groups with something to decide: several rows, or one that is not spelt as its canonical."""
    rows = [row for row in tables.get(identity.table, ()) if identity.counts(row)]
    if identity.duplicates is Duplicates.FOUND:
        return _found(identity, rows, tables)
    return _registered(identity, names_of(identity, registry), rows, tables, outcome)


def text_of(identity: Identity, row: Row) -> str | None:
    """The name of a row; one that is not text is compared by its text."""
    name = None if identity.name is None else row[identity.name]
    return None if name is None else str(name)


def _registered(
    identity: Identity, names: Mapping[str, str], rows: list[Row], tables: Tables, outcome: Outcome
) -> list[Group]:
    same = defaultdict(list)
    for row in rows:
        (matched,) = _matched(identity, row) or (None,)
        if matched in names:
            same[names[matched], _within(identity, row)].append(row)
    groups = []
    for (canonical, within), found in same.items():
        own = canonical if identity.match is Match.EXACT else key(canonical)

        def rank(row: Row, canonical: str = canonical, own: str = own) -> tuple[Any, ...]:
            spelt, carries = text_of(identity, row) == canonical, _matched(identity, row) == (own,)
            return (not spelt, not carries, *_by_rule(identity, row, tables), identity.key_of(row))

        found.sort(key=rank)
        carrying = [row for row in found if _matched(identity, row) == (own,)]
        if len(carrying) > 1 and not identity.survivor:
            outcome.refusals["two canonical rows"].add((canonical, within))
        if not carrying and identity.name in identity.key:
            # Where the names are the keys none is made up.
            outcome.refusals["canonical absent"].add((canonical, within))
        stays = found[0] if carrying or identity.missing is Missing.PROMOTE else None
        shadows = tuple(row for row in found if row is not stays)
        groups.append(Group(canonical, within, stays, shadows))
    return groups


def _found(identity: Identity, rows: list[Row], tables: Tables) -> list[Group]:
    same = defaultdict(list)
    for row in rows:
        matched = _matched(identity, row)
        if matched is not None:
            same[matched, _within(identity, row)].append(row)
    groups = []
    for (_, within), found in same.items():
        if len(found) > 1:
            found.sort(key=lambda row: (*_by_rule(identity, row, tables), identity.key_of(row)))
            name = text_of(identity, found[0])
            canonical = "/".join(map(str, identity.key_of(found[0]))) if name is None else name
            groups.append(Group(canonical, within, found[0], tuple(found[1:])))
    return groups


def _matched(identity: Identity, row: Row) -> tuple[Any, ...] | None:
    """What a row is matched by; None where it matches nothing."""
    if isinstance(identity.match, tuple):
        matched = tuple(expression.read(row) for expression in identity.match)
        return None if any(map(is_blank, matched)) else matched
    name = text_of(identity, row)
    if name is None or is_blank(name):
        return None
    if identity.match is Match.EXACT:
        return (name,)
    # Where nobody registered a name, a sigma is one wherever it stands.
    return (key(name).replace("ς", "σ") if identity.duplicates is Duplicates.FOUND else key(name),)


def _within(identity: Identity, row: Row) -> tuple[Any, ...]:
    return tuple(row[column] for column in identity.within)


def _by_rule(identity: Identity, row: Row, tables: Tables) -> list[Any]:
    """What the `survivor` expressions say of a row, the best first."""
    (*rest, last) = identity.key

    def told(rule: Expression | Most) -> Any:
        if isinstance(rule, Expression):
            value = rule.read(row)
            # NULL comes last, whichever way the others run.
            return (value is None, 0 if value is None else value)
        if rest:
            raise ValueError("most() counts what refers to a key of one column")
        return -sum(str(other[rule.column]) == str(row[last]) for other in tables[rule.table])

    return [told(rule) for rule in identity.survivor]

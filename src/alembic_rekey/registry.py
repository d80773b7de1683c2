"""The registry file, read and checked (design, section 3, Registry).

A JSON object with one list of entries, each with an `id` and perhaps `aliases`; any other field is ignored.
Whatever stands at the path ends in a `Registry` or in a `RegistryRefused` that lists every fault with its
place, within 5 s and 300 MB (issue 5): the limits below are what holds the worst file to that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, auto
from hashlib import sha256
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from alembic_rekey.errors import RegistryRefused
from alembic_rekey.json_file import JsonFile, Unreadable, kind_of
from alembic_rekey.keys import NAMESPACE, Name, fault_of, identity_of, key_of, shown

__all__ = ["NAMESPACE", "Name", "Registry", "read_registry"]

MOST_BYTES = 8 * 2**20  # of the file; 50,000 names take about 2 MB
MOST_PARTS = 300_000  # commas, colons and opening brackets: a value takes up to 50 times its text in memory

_PLACES = 10  # of one name: what messages go up to


class _Field(StrEnum):
    """The fields that are read, each spelt as its member in small letters."""

    PROJECTS = auto()
    ID = auto()
    ALIASES = auto()


_READ = frozenset(_Field)


@dataclass(frozen=True)
class Registry:
    """A registry without faults, names in the order of the file; `sha256` is that of the file's bytes."""

    path: Path
    sha256: str | None
    names: tuple[Name, ...]

    @classmethod
    def missing(cls, path: Path) -> Registry:
        """Return what stands for a file that is not there. Whether that is an error, the caller decides."""
        return cls(path, None, ())

    @property
    def aliases(self) -> dict[str, str]:
        """Alias -> canonical, without the canonicals themselves."""
        return {name.alias: name.canonical for name in self.names if name.alias != name.canonical}

    @property
    def canonicals(self) -> tuple[str, ...]:
        """Every registered id."""
        return tuple(name.canonical for name in self.names if name.alias == name.canonical)


class _Claim(NamedTuple):
    """A name as the entry number `entry` registers it for its `owner`; `place` is where it stands."""

    entry: int
    place: str
    name: str
    owner: str


def read_registry(path: Path) -> Registry:
    """Read and check the file at `path`; one that is not there gives `Registry.missing`.

    Raises `RegistryRefused` with every fault at once: line and column of what is not JSON, a place such as
    `projects[3].aliases[1]` for a wrong shape or an unusable name, all owners of a name that several entries
    register. Two entries of one id are refused even if they spell it alike: nothing says which one holds.
    A name that its own entry registers again is harmless; the first spelling counts, the id's before all.
    """
    file = JsonFile(path, MOST_BYTES, MOST_PARTS, _object, RegistryRefused)
    raw = file.raw()
    if raw is None:
        return Registry.missing(path)
    claims: dict[str, list[_Claim]] = {}
    file.refuse_any(_faults(file.document(raw), claims))
    firsts = [(key, claim) for key, (claim, *_) in claims.items()]
    identities = {owner: identity_of(owner) for owner in {claim.owner for _, claim in firsts}}
    names = tuple(Name(claim.name, claim.owner, key, identities[claim.owner]) for key, claim in firsts)
    return Registry(path, sha256(raw).hexdigest(), names)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Keep the fields that are read. One that stands twice is a fault: readers differ in which one holds."""
    kept: dict[str, object] = {}
    for field, value in pairs:
        if field in _READ:
            kept[field] = value if field not in kept else Unreadable("two values: the field stands twice")
    return kept


def _faults(document: object, claims: dict[str, list[_Claim]]) -> Iterator[str]:
    """Yield every fault with its place; once all are out, `claims` holds every usable name by its key."""
    for found in _entries(document):
        if isinstance(found, str):
            yield found
        else:
            claims.setdefault(key_of(found.name), []).append(found)
    for same in claims.values():
        rivals = [same[0], *(later for earlier, later in pairwise(same) if earlier.entry != later.entry)]
        if len(rivals) > 1:
            places = [f"{claim.place} (of {shown(claim.owner)})" for claim in rivals[:_PLACES]]
            places += [f"{len(rivals) - _PLACES:,} more"] if len(rivals) > _PLACES else []
            yield f"{shown(same[0].name)} is registered by several entries: {', '.join(places)}"


def _entries(document: object) -> Iterator[_Claim | str]:
    """Yield each usable name as a claim and each fault of a single value as a sentence, in order."""
    entries = document.get(_Field.PROJECTS) if isinstance(document, dict) else None
    if not isinstance(entries, list):
        found = kind_of(entries if isinstance(document, dict) else document)
        yield f"{_Field.PROJECTS}: must be a list in an object at the top level, not {found}"
        return
    for number, entry in enumerate(entries):
        place = f"{_Field.PROJECTS}[{number}]"
        if isinstance(entry, dict):
            yield from _names(number, place, entry)
        else:
            yield f"{place}: must be an object, not {kind_of(entry)}"


def _names(number: int, place: str, entry: dict[str, object]) -> Iterator[_Claim | str]:
    """Yield the claims and faults of one entry: nothing at all if it has no id."""
    values = [(f"{place}.{_Field.ID}", entry.get(_Field.ID))]
    canonical = "" if values[0][1] is None else _text(values[0][1])
    if canonical == "":
        return
    # An unusable id refuses the file; the aliases are checked all the same, so that all faults are told.
    owner = canonical if isinstance(canonical, str) else place
    aliases = entry.get(_Field.ALIASES)
    if isinstance(aliases, list):
        values += [(f"{place}.{_Field.ALIASES}[{at}]", alias) for at, alias in enumerate(aliases)]
    elif aliases is not None:
        yield f"{place}.{_Field.ALIASES}: must be a list of names, not {kind_of(aliases)}"
    for at, value in values:
        name = _text(value)
        if isinstance(name, Unreadable):
            yield f"{at}: {name.reason}"
        elif name:
            yield _Claim(number, at, name, owner)


def _text(value: object) -> str | Unreadable:
    """Return the trimmed text of a name. A number gets the text that Python, so the application, gives it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return Unreadable(f"must be a string or a number, not {kind_of(value)}")
    if isinstance(value, float) and not isfinite(value):
        return Unreadable("too large for a number; write a name in quotes")
    name = str(value).strip()
    return Unreadable(fault) if (fault := fault_of(name)) else name

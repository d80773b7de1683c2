"""The registry file, read and checked (design, section 4, Registry).

A JSON object with a list of entries per identity, each with an `id` and perhaps `aliases`; any other field is
ignored. A spec says which list is its own: the others are other specs' affair. Whatever stands at the path
ends in a `Registry` or in a `RegistryRefused` that lists every fault with its place, within 5 s and 300 MB
(issue 5): the limits below are what holds the worst file to that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import islice, pairwise
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from alembic_rekey.errors import RegistryRefused
from alembic_rekey.names.json_file import JsonFile, Unreadable, kind_of
from alembic_rekey.names.matching import NAMESPACE, Name, fault_of, identity_of, key_of, shown
from alembic_rekey.names.nearness import is_nearly
from alembic_rekey.spec import Identity, Match

__all__ = ["NAMESPACE", "Name", "Registry", "read_registry", "registry_of"]

MOST_BYTES = 8 * 2**20  # of the file; 50,000 names take about 2 MB
MOST_PARTS = 300_000  # commas, colons and opening brackets: a value takes up to 50 times its text in memory

_PLACES = 10  # of one name: what messages go up to


_ID, _ALIASES = "id", "aliases"
_MEANT = {_ID: ("ids", "name", "names", "identifier"), _ALIASES: ("alias", "names", "synonyms")}
"""What else people write for the fields of an entry, beside what is spelt almost like them."""


@dataclass(frozen=True)
class Registry:
    """A registry without faults, names in the order of the file; `sha256` is that of the file's bytes."""

    path: Path
    sha256: str | None
    names: tuple[Name, ...]
    is_read: bool = True
    """False where groups are found in the data: there is nothing to be read."""
    key: Callable[[str], str] = key_of
    """What is equal for two texts that are one name here."""

    @classmethod
    def of_nobody(cls) -> Registry:
        """Return what stands where no registry is read."""
        return cls(Path(), None, (), is_read=False)

    @property
    def is_missing(self) -> bool:
        """Whether the file is not there, and would be read."""
        return self.is_read and self.sha256 is None

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


def registry_of(path: Path, identity: Identity) -> Registry:
    """Return the registry that folds `identity`: nobody's where its groups are found in the data."""
    if identity.found:
        return Registry.of_nobody()
    return read_registry(path, identity.listed, str if identity.match is Match.EXACT else key_of)


def read_registry(path: Path, listed: str, key: Callable[[str], str] = key_of) -> Registry:
    """Read and check the list `listed` of the file at `path`; a file that is not there gives `Registry.missing`.

    Names are the same whose `key` is.

    Raises `RegistryRefused` with every fault at once: line and column of what is not JSON, a place such as
    `projects[3].aliases[1]` for a wrong shape or an unusable name, all owners of a name that several entries
    register. Two entries of one id are refused even if they spell it alike: nothing says which one holds.
    A name that its own entry registers again is harmless; the first spelling counts, the id's before all.
    """
    file = JsonFile(path, MOST_BYTES, MOST_PARTS, partial(_object, {listed, _ID, _ALIASES}), RegistryRefused)
    raw = file.raw()
    if raw is None:
        return Registry.missing(path)
    claims: dict[str, list[_Claim]] = {}
    file.refuse_any(_faults(file.document(raw), listed, claims, key))
    firsts = [(same, claim) for same, (claim, *_) in claims.items()]
    identities = {owner: identity_of(owner) for owner in {claim.owner for _, claim in firsts}}
    names = tuple(Name(claim.name, claim.owner, same, identities[claim.owner]) for same, claim in firsts)
    return Registry(path, sha256(raw).hexdigest(), names, key=key)


def _object(read: Collection[str], pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Keep the values of the fields that are `read`. One that stands twice is a fault: readers differ in which holds.

    Of the others the names are kept, for what is spelt almost like a field that is missing.
    """
    kept: dict[str, object] = {}
    for field, value in pairs:
        if field not in read:
            kept[field] = None
        else:
            kept[field] = value if field not in kept else Unreadable("two values: the field stands twice")
    return kept


def _faults(document: object, listed: str, claims: dict[str, list[_Claim]], key: Callable[[str], str]) -> Iterator[str]:
    """Yield every fault with its place; once all are out, `claims` holds every usable name by its key."""
    for found in _entries(document, listed):
        if isinstance(found, str):
            yield found
        else:
            claims.setdefault(key(found.name), []).append(found)
    for same in claims.values():
        rivals = [same[0], *(later for earlier, later in pairwise(same) if earlier.entry != later.entry)]
        if len(rivals) > 1:
            places = [f"{claim.place} (of {shown(claim.owner)})" for claim in rivals[:_PLACES]]
            places += [f"{len(rivals) - _PLACES:,} more"] if len(rivals) > _PLACES else []
            yield f"{shown(same[0].name)} is registered by several entries: {', '.join(places)}"


def _entries(document: object, listed: str) -> Iterator[_Claim | str]:
    """Yield each usable name as a claim and each fault of a single value as a sentence, in order."""
    entries = document.get(listed) if isinstance(document, dict) else None
    if not isinstance(entries, list):
        found = kind_of(entries if isinstance(document, dict) else document)
        there = _instead(listed, document) if isinstance(document, dict) and listed not in document else ""
        yield f"{listed}: must be a list in an object at the top level, not {found}{there}"
        return
    for number, entry in enumerate(entries):
        place = f"{listed}[{number}]"
        if isinstance(entry, dict):
            yield from _misnamed(place, entry)
            yield from _names(number, place, entry)
        else:
            yield f"{place}: must be an object, not {kind_of(entry)}"


def _instead(listed: str, document: Collection[str]) -> str:
    """Return which other lists the file may have, as the end of a sentence."""
    near = [field for field in document if is_nearly(field, listed)]
    if near:
        return f"; is {shown(near[0])} meant? Rename it, or name it in the spec: Identity(registered={shown(near[0])})"
    found = [shown(field) for field in islice(document, _PLACES)]
    return f"; the file has {', '.join(found)}" if found else ""


def _misnamed(place: str, entry: dict[str, object]) -> Iterator[str]:
    """Yield the fields that are read nowhere and look like one that the entry lacks: its names would be lost."""
    for field, others in _MEANT.items():
        if field not in entry:
            near = [known for known in entry if known not in _MEANT and (known in others or is_nearly(known, field))]
            yield from (f"{place}.{_shown_field(known)}: is not read; call it {field}" for known in near[:_PLACES])


def _shown_field(name: str) -> str:
    return name if name.isidentifier() else shown(name)


def _names(number: int, place: str, entry: dict[str, object]) -> Iterator[_Claim | str]:
    """Yield the claims and faults of one entry: nothing at all if it is empty."""
    values = [(f"{place}.{_ID}", entry.get(_ID))]
    canonical = "" if values[0][1] is None else _text(values[0][1])
    aliases = entry.get(_ALIASES)
    if canonical == "":
        if _is_blank(aliases):
            return
        yield f"{place}.{_ID}: the entry has aliases and no id"
    # An unusable id refuses the file; the aliases are checked all the same, so that all faults are told.
    owner = canonical if isinstance(canonical, str) and canonical else place
    if canonical == "":
        values = []
    if isinstance(aliases, list):
        values += [(f"{place}.{_ALIASES}[{at}]", alias) for at, alias in enumerate(aliases)]
    elif aliases is not None:
        yield f"{place}.{_ALIASES}: must be a list of names, not {kind_of(aliases)}"
    for at, value in values:
        name = _text(value)
        if isinstance(name, Unreadable):
            yield f"{at}: {name.reason}"
        elif name:
            yield _Claim(number, at, name, owner)


def _is_blank(aliases: object) -> bool:
    """Tell whether there is no alias: none, or blank names only."""
    return aliases is None or (isinstance(aliases, list) and all(_text(alias) == "" for alias in aliases))


def _text(value: object) -> str | Unreadable:
    """Return the trimmed text of a name. A number gets the text that Python, so the application, gives it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return Unreadable(f"must be a string or a number, not {kind_of(value)}")
    if isinstance(value, float) and not isfinite(value):
        return Unreadable("too large for a number; write a name in quotes")
    name = str(value).strip()
    return Unreadable(fault) if (fault := fault_of(name)) else name

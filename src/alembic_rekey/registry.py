"""The registry file, read and checked (design, section 3, Registry).

A JSON object with one list of entries, each with an `id` and perhaps `aliases`; any other field is ignored.
Whatever stands at the path ends in a `Registry` or in a `RegistryRefused` that lists every fault with its
place, within 5 s and 300 MB (issue 5): the limits below are what holds the worst file to that.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, auto
from hashlib import sha256
from itertools import islice, pairwise
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from alembic_rekey.errors import RegistryRefused
from alembic_rekey.keys import NAMESPACE, Name, fault_of, identity_of, key_of, shown

__all__ = ["NAMESPACE", "Name", "Registry", "read_registry"]

MOST_BYTES = 8 * 2**20  # of the file; 50,000 names take about 2 MB
MOST_PARTS = 300_000  # commas, colons and opening brackets: a value takes up to 50 times its text in memory
MOST_DIGITS = sys.int_info.str_digits_check_threshold  # of a number; Python may refuse to make text of more
MOST_FAULTS = 10_000  # are listed, more are counted

_DEEP, _PLACES = 100, 10  # levels of nesting, places of one name: what messages go up to
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)


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


class _Unreadable(NamedTuple):
    """Stands in the document for a value that is a fault where it would be read, and ignored elsewhere."""

    reason: str


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
    raw = _raw(path)
    if raw is None:
        return Registry.missing(path)
    claims: dict[str, list[_Claim]] = {}
    faults = _faults(_document(path, raw), claims)
    if listed := list(islice(faults, MOST_FAULTS)):
        more = sum(1 for _ in faults)
        raise RegistryRefused(path, [*listed, f"and {more:,} more"] if more else listed)
    firsts = [(key, claim) for key, (claim, *_) in claims.items()]
    identities = {owner: identity_of(owner) for owner in {claim.owner for _, claim in firsts}}
    names = tuple(Name(claim.name, claim.owner, key, identities[claim.owner]) for key, claim in firsts)
    return Registry(path, sha256(raw).hexdigest(), names)


def _raw(path: Path) -> bytes | None:
    """Return the bytes of the file, None if there is none; raises `RegistryRefused` for anything else."""
    # Opening a FIFO would hold the upgrade until someone writes to it. (Windows has neither it nor the flag.)
    at_once = getattr(os, "O_NONBLOCK", 0)
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | at_once)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RegistryRefused(path, ["not a regular file"])
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as fault:  # ValueError: a path that no file can have, with a NUL in it
        raise RegistryRefused(path, [f"cannot be read: {getattr(fault, 'strerror', None) or fault}"]) from fault
    if len(raw) > MOST_BYTES:
        raise RegistryRefused(path, [f"larger than {MOST_BYTES:,} bytes, the most that is read"])
    if sum(map(raw.count, (b",", b":", b"[", b"{"))) > MOST_PARTS:
        raise RegistryRefused(path, [f"more than {MOST_PARTS:,} commas, colons and opening brackets"])
    return raw


def _document(path: Path, raw: bytes) -> object:
    """Return what the file says, objects reduced to `_READ`; raises `RegistryRefused` if it is not JSON."""
    text = ""
    try:
        text = raw.decode().removeprefix("\ufeff")
        document: object = json.loads(text, object_pairs_hook=_object, parse_int=_whole, parse_constant=_Unreadable)
    except UnicodeDecodeError as fault:
        problem = f"byte offset {fault.start}: not UTF-8 ({fault.reason})"
    except json.JSONDecodeError as fault:
        problem = f"not JSON: {fault.msg}: line {fault.lineno}, column {fault.colno}"
    except RecursionError:
        problem = f"nested too deeply{_deep_place(text)}"
    else:
        return document
    if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or b"\0" in raw[:4]:
        problem += "; it looks like UTF-16 or UTF-32: save the file as UTF-8"
    raise RegistryRefused(path, [problem])


def _whole(digits: str) -> int | _Unreadable:
    return int(digits) if len(digits) <= MOST_DIGITS else _Unreadable(f"a number of {len(digits):,} digits")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Keep the fields that are read. One that stands twice is a fault: readers differ in which one holds."""
    kept: dict[str, object] = {}
    for field, value in pairs:
        if field in _READ:
            kept[field] = value if field not in kept else _Unreadable("two values: the field stands twice")
    return kept


def _deep_place(text: str) -> str:
    """Return where the nesting passes `_DEEP` levels, as the end of a sentence."""
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > _DEEP:
            start = token.start()
            line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
            return f": more than {_DEEP} levels at line {line}, column {column}"
    return ""


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
        found = _kind(entries if isinstance(document, dict) else document)
        yield f"{_Field.PROJECTS}: must be a list in an object at the top level, not {found}"
        return
    for number, entry in enumerate(entries):
        place = f"{_Field.PROJECTS}[{number}]"
        if isinstance(entry, dict):
            yield from _names(number, place, entry)
        else:
            yield f"{place}: must be an object, not {_kind(entry)}"


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
        yield f"{place}.{_Field.ALIASES}: must be a list of names, not {_kind(aliases)}"
    for at, value in values:
        name = _text(value)
        if isinstance(name, _Unreadable):
            yield f"{at}: {name.reason}"
        elif name:
            yield _Claim(number, at, name, owner)


def _text(value: object) -> str | _Unreadable:
    """Return the trimmed text of a name. A number gets the text that Python, so the application, gives it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return _Unreadable(f"must be a string or a number, not {_kind(value)}")
    if isinstance(value, float) and not isfinite(value):
        return _Unreadable("too large for a number; write a name in quotes")
    name = str(value).strip()
    return _Unreadable(fault) if (fault := fault_of(name)) else name


def _kind(value: object) -> str:
    if isinstance(value, _Unreadable):
        return value.reason
    if value is None or isinstance(value, bool):
        return "null or absent" if value is None else "true or false"
    kinds: dict[type, str] = {dict: "an object", list: "a list", str: "a string"}
    return kinds.get(type(value), "a number")

"""The document that a report is: facts and rows -> JSON, written as a stream, sealed by its own SHA-256."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeAlias

import orjson

__all__ = [
    "ANSWERS",
    "BESIDE",
    "CREATED",
    "FORMAT",
    "LEAD",
    "LEFT",
    "Entries",
    "Fingerprint",
    "Report",
    "document",
    "written",
]

FORMAT = 1
"""The version of the document's shape; a reader refuses another one."""

CREATED, LEFT, ANSWERS = "created_rows", "left_behind", "answers"
BESIDE = (CREATED, LEFT, ANSWERS)
"""The sections that are no part of the plan, and of no fingerprint."""

LEAD = "lead"
"""Where a row leads: a field of its entry, and no part of a fingerprint, since a key may still have to be made."""

Entries: TypeAlias = Generator[Sequence[dict[str, Any]], None, None]
"""The rows of one section, as JSON has them, some at a time: one by one, to hand them on costs more than to write."""


@dataclass(frozen=True)
class Report:
    """What stands around the rows of a report; all values as JSON has them."""

    created_at: str
    mode: str
    database: str
    registry_path: str
    registry_sha256: str | None
    revision: str
    alias_map: Mapping[str, str]
    counts: dict[str, int]
    """Read once the rows have passed: those of a plan are counted meanwhile."""
    is_empty: bool
    integrity_errors: tuple[str, ...] = ()
    apply_summary: Mapping[str, int] | None = None
    run: Mapping[str, Any] | None = None


@dataclass
class Fingerprint:
    """SHA-256 over the registry, the revision and every action with its before-image (issue 7)."""

    registry_sha256: str | None
    revision: str
    _digest: Any = field(init=False)

    def __post_init__(self) -> None:
        self._digest = sha256(json.dumps([FORMAT, self.registry_sha256, self.revision]).encode())

    def add(self, title: str, entries: Iterable[bytes]) -> None:
        """Take in entries of the section `title`, as they are `written`; there is one at least."""
        head = title.encode() + b"\n"
        self._digest.update(head + (b"\n" + head).join(entries) + b"\n")

    def __str__(self) -> str:
        """Return the fingerprint of what was taken in so far, in hexadecimal digits."""
        return str(self._digest.hexdigest())


def written(entry: Mapping[str, Any]) -> bytes:
    """Return an entry as JSON on one line, in ASCII.

    orjson takes an eighth of what the standard library does, but knows neither ASCII nor integers beyond 64 bits nor
    text that was no UTF-8: those go the slower way.
    """
    with suppress(TypeError):
        text = orjson.dumps(entry)
        if text.isascii():
            return text
    return json.dumps(entry, separators=(",", ":")).encode()


def _all_written(entries: Sequence[Mapping[str, Any]]) -> list[bytes]:
    with suppress(TypeError):
        texts = list(map(orjson.dumps, entries))
        if all(map(bytes.isascii, texts)):
            return texts
    return list(map(written, entries))


def document(
    report: Report,
    rows: Iterable[tuple[str, Entries]],
    tables: Mapping[str, str],
    fingerprint: Fingerprint,
    created: Entries | None = None,
    left: Entries | None = None,
    answers: Entries | None = None,
) -> Generator[str, None, None]:
    """Yield the document in pieces, in ASCII; its last line is the SHA-256 of all that stands above it.

    `rows` are the sections' titles with their entries, `tables` the table behind each title, `created` the rows that
    the run made, `left` what the plan leaves behind, `answers` what a person decided. `fingerprint` takes in the
    entries; it stands behind them. Whoever stops early closes the document.
    """
    digest = sha256()
    with closing(_body(report, rows, tables, fingerprint, {CREATED: created, LEFT: left, ANSWERS: answers})) as body:
        for piece in body:
            digest.update(piece)
            yield piece.decode("ascii")
    yield f' "sha256": "{digest.hexdigest()}"\n}}\n'


def _body(
    report: Report,
    rows: Iterable[tuple[str, Entries]],
    tables: Mapping[str, str],
    fingerprint: Fingerprint,
    beside: Mapping[str, Entries | None],
) -> Generator[bytes, None, None]:
    head = {
        "format": FORMAT,
        "created_at": report.created_at,
        "mode": report.mode,
        "database": report.database,
        "registry_path": report.registry_path,
        "run": report.run,
    }
    facts = {
        "revision": report.revision,
        "registry_sha256": report.registry_sha256,
        "alias_map": report.alias_map,
        "integrity_errors": list(report.integrity_errors),
        "is_empty": report.is_empty,
        "tables": tables,
    }
    yield b"{\n" + _facts(" ", head) + b' "plan": {\n' + _facts("  ", facts)
    for title, listed in rows:
        yield f"  {json.dumps(title)}: [".encode()
        with closing(_lines(listed)) as lines:
            for texts, piece in lines:
                fingerprint.add(title, texts)
                yield piece
        yield b"],\n"
    collided = any(value for name, value in report.counts.items() if name.endswith("_collisions"))
    yield _facts("  ", {"counts": report.counts, "has_collisions": collided})
    yield f'  "fingerprint": "{fingerprint}"\n }},\n "apply_summary": {json.dumps(report.apply_summary)},\n'.encode()
    for title, entries in beside.items():
        yield f' "{title}": ['.encode()
        if entries is not None:
            yield from (piece for _, piece in _lines(entries))
        yield b"],\n"


def _facts(indent: str, told: Mapping[str, Any]) -> bytes:
    return "".join(f"{indent}{json.dumps(key)}: {json.dumps(value)},\n" for key, value in told.items()).encode()


def _lines(listed: Entries) -> Generator[tuple[list[bytes], bytes], None, None]:
    """Yield entries as a fingerprint takes them in, and the same with where they lead, each on a line of its own."""
    with closing(listed):
        separator = b"\n   "
        for entries in listed:
            leads = [entry.pop(LEAD, None) for entry in entries]
            texts = _all_written(entries)
            shown = texts
            if any(leads):
                behind = [b"}" if lead is None else b"," + written({LEAD: lead})[1:] for lead in leads]
                shown = [text[:-1] + lead for text, lead in zip(texts, behind, strict=True)]
            yield texts, separator + b",\n   ".join(shown)
            separator = b",\n   "

"""A report file, read back as a stream and checked before anything is done with it.

Only a file that is byte for byte as it was written is taken: its last line is the SHA-256 of all
that stands above. So it is read by its lines, one entry each, and no more of it is held than a line.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from alembic_rekey.errors import ReportFailed
from alembic_rekey.report import FORMAT, Fingerprint
from alembic_rekey.rules import Action

__all__ = ["ReadReport", "read_report", "report_entries"]

MOST_BYTES_OF_A_LINE = 64 * 2**20
"""A line is one row; one that is longer could not be held next to its parsed form."""

_REMEDY = "name the file that the upgrade wrote, unchanged, with -x report=FILE."
_CHECKSUM = b' "sha256": "'


@dataclass(frozen=True)
class ReadReport:
    """What stands around the rows of a checked report."""

    path: Path
    head: dict[str, Any]
    facts: dict[str, Any]


def read_report(path: Path) -> ReadReport:
    """Read the whole file once and check it: checksum, shape, format, fingerprint.

    Raises:
        ReportFailed: if it is not there, damaged, truncated, edited, or no report of an applied run.
    """
    with _opened(path) as file:
        _check_bytes(path, file)
        file.seek(0)
        head, facts = _read_around(path, file)
    report = ReadReport(path, head, facts)
    if head.get("format") != FORMAT:
        _refuse(path, f"its format is {head.get('format')!r}, and this version reads format {FORMAT}")
    if head.get("mode") != "apply" or not isinstance(head.get("run"), dict):
        _refuse(path, "it reports no upgrade that was made (its mode is not 'apply')")
    fingerprint = Fingerprint(facts.get("registry_sha256"), str(facts.get("revision")))
    for title, entry in report_entries(report):
        fingerprint.add(title, json.dumps(entry, separators=(",", ":")))
    if str(fingerprint) != facts.get("fingerprint"):
        _refuse(path, "its rows are not those of its fingerprint")
    return report


def report_entries(report: ReadReport) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the title of the section and the entry, for each entry of the file."""
    with _opened(report.path) as file:
        title = ""
        for line in _lines(report.path, file):
            if line.startswith(b"   {"):
                yield title, _entry(report.path, line)
            elif line.startswith(b'  "') and line.rstrip(b"\n").endswith((b": [", b": [],")):
                title = str(json.loads(line[2 : line.rindex(b": [")]))


def _check_bytes(path: Path, file: BinaryIO) -> None:
    digest, said = sha256(), None
    for line in _lines(path, file):
        if line.startswith(_CHECKSUM):
            said = line[len(_CHECKSUM) :].rstrip(b'"\n').decode("ascii", "replace")
            break
        digest.update(line)
    if said is None:
        _refuse(path, "it is truncated, or no report")
    if said != digest.hexdigest():
        _refuse(path, "it was damaged or edited: its checksum is another one")
    if b"".join(_lines(path, file)) != b"}\n":
        _refuse(path, "something stands behind its end")


def _read_around(path: Path, file: BinaryIO) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the top-level values, and those of `plan` without its rows."""
    head: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for line in _lines(path, file):
        text = line.rstrip(b"\n")
        if text.startswith(b"   {") or text.endswith((b": [", b'"plan": {')) or text in (b"{", b" },", b"}"):
            continue
        target = facts if text.startswith(b'  "') else head
        target.update(_value(path, b"{" + text.removesuffix(b",") + b"}"))
    return head, facts


def _entry(path: Path, line: bytes) -> dict[str, Any]:
    entry = _value(path, line.strip().removesuffix(b",").removesuffix(b"]"))
    if entry.get("action") not in set(Action) or not isinstance(entry.get("before"), dict):
        _refuse(path, "one of its entries has no action or no before-image")
    return entry


def _value(path: Path, text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        _refuse(path, "it does not have the shape of a report")
    return value


def _lines(path: Path, file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(MOST_BYTES_OF_A_LINE):
        if len(line) == MOST_BYTES_OF_A_LINE and not line.endswith(b"\n"):
            _refuse(path, f"one of its lines is longer than {MOST_BYTES_OF_A_LINE:,} bytes")
        yield line


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        # Not blocking: a FIFO would wait for a writer for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                _refuse(path, "it is no regular file")
            yield file
    except OSError as error:
        raise ReportFailed(path, f"it cannot be read: {error.strerror or error}.", _REMEDY) from error


def _refuse(path: Path, problem: str) -> NoReturn:
    raise ReportFailed(path, f"{problem}; nothing was changed.", _REMEDY)

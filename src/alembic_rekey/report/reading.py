"""A report file, read back as a stream and checked before anything is done with it.

Only a file that is byte for byte as it was written is taken: its last line is the SHA-256 of all
that stands above. So it is read by its lines, one entry each, and no more of it is held than a line.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from alembic_rekey.errors import ReportFailed
from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import ANSWERS, BESIDE, FORMAT, LEAD, Fingerprint, written

__all__ = ["ReadReport", "read_document", "read_report", "report_entries"]

MOST_BYTES_OF_A_LINE = 64 * 2**20
"""A line is one row; one that is longer could not be held next to its parsed form."""

_REMEDY = "name the file that the upgrade wrote (of a plan: alembic-rekey plan), unchanged."
_SHAPELESS = "it does not have the shape of a report"
_CHECKSUM = b' "sha256": "'
_TITLE = re.compile(rb' {1,2}("(?:[^"\\]|\\.)*"): \[')
_HEX = re.compile("(?:[0-9a-f]{2})*")
_ACTIONS = frozenset(Action)


@dataclass(frozen=True)
class ReadReport:
    """What stands around the rows of a checked report."""

    path: Path
    head: dict[str, Any]
    facts: dict[str, Any]


def read_report(path: Path) -> ReadReport:
    """Read and check the report of an upgrade that was made, whole.

    Raises:
        ReportFailed: if it is not there, damaged, truncated, edited, or no report of an applied run.
    """
    report = read_document(path)
    if report.head.get("mode") != "apply":
        _refuse(path, "it reports no upgrade that was made (its mode is not 'apply')")
    _check_around(report)
    return report


def read_document(path: Path) -> ReadReport:
    """Read the whole file once and check it: checksum, shape, format, fingerprint; of a dry run or of an upgrade.

    Raises:
        ReportFailed: if it is not there, damaged, truncated or edited, or no report.
    """
    with _opened(path) as file:
        _check_bytes(path, file)
        file.seek(0)
        head, facts = _read_around(path, file)
    report = ReadReport(path, head, facts)
    if head.get("format") != FORMAT:
        _refuse(path, f"its format is {head.get('format')!r}, and this version reads format {FORMAT}")
    _check_facts(report)
    fingerprint = Fingerprint(facts["registry_sha256"], facts["revision"])
    for title, line in _sections(report):
        entry = _entry(path, title, line)
        entry.pop(LEAD, None)
        if title not in BESIDE:
            fingerprint.add(title, [written(entry)])
    if str(fingerprint) != facts.get("fingerprint"):
        _refuse(path, "its rows are not those of its fingerprint")
    return report


def report_entries(report: ReadReport, wanted: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of the section with the title `wanted`."""
    for title, line in _sections(report):
        if title == wanted:
            yield _entry(report.path, title, line)


def _sections(report: ReadReport) -> Iterator[tuple[str, bytes]]:
    """Yield the title of the section and the line, for each line that holds an entry."""
    with _opened(report.path) as file:
        title = ""
        for line in _lines(report.path, file):
            if line.startswith(b"   {"):
                yield title, line
            elif found := _TITLE.match(line):
                (title,) = _value(report.path, b"{" + found[1] + b": 0}")


def _check_facts(report: ReadReport) -> None:
    facts = report.facts
    if not (
        isinstance(facts.get("revision"), str)
        and isinstance(facts.get("tables"), dict)
        and isinstance(facts.get("registry_sha256"), str | None)
    ):
        _refuse(report.path, _SHAPELESS)


def _check_around(report: ReadReport) -> None:
    run, names = report.head.get("run"), report.facts.get("alias_map")
    if not (
        isinstance(run, dict)
        and isinstance(run.get("started_at"), str)
        and _are_texts(run.get("canonicals", []))
        and isinstance(report.head.get("registry_path"), str)
        and isinstance(names, dict)
        and all(isinstance(canonical, str) for canonical in names.values())
    ):
        _refuse(report.path, _SHAPELESS)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


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
    if file.read(3) != b"}\n":
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


def _entry(path: Path, title: str, line: bytes) -> dict[str, Any]:
    entry = _value(path, line.strip().removesuffix(b",").removesuffix(b"]"))
    if title == ANSWERS:
        if not all(isinstance(value, str | int | None) for value in entry.values()):
            _refuse(path, _SHAPELESS)
        return entry
    action, before, survivor = entry.get("action"), entry.get("before"), entry.get("survivor", {})
    if not isinstance(action, str) or action not in _ACTIONS or not isinstance(before, dict):
        _refuse(path, "one of its entries has no action or no before-image")
    if not (
        isinstance(entry.get("canonical"), str)
        and isinstance(survivor, dict)
        and _is_lead(entry.get(LEAD, {"place": None, "to": {}}))
        and all(map(_is_value, (*before.values(), *survivor.values())))
    ):
        _refuse(path, _SHAPELESS)
    return entry


def _is_lead(lead: object) -> bool:
    """Tell whether `lead` says, as a report does, in which place a row led and to which key."""
    if not isinstance(lead, dict) or not isinstance(lead.get("place", ""), int | None):
        return False
    return isinstance(lead.get("to"), dict) and all(map(_is_value, lead["to"].values()))


def _is_value(value: object) -> bool:
    """Tell whether `value` is what a report has for a value of a row."""
    if not isinstance(value, dict):
        return isinstance(value, str | int | float | None)
    ((mark, text),) = value.items() if len(value) == 1 else [("", "")]
    if mark == "$bytes":
        return isinstance(text, str) and _HEX.fullmatch(text) is not None
    return mark == "$real" and text in ("nan", "inf", "-inf")


def _value(path: Path, text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        _refuse(path, _SHAPELESS)
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

"""A JSON file that a person wrote, read within bounds: whatever stands at the path, it ends in a document or a refusal.

Each kind of file has its own limits, which hold the worst file to moderate time and memory (issue 5), and its
own refusal, which lists every fault with its place.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from alembic_rekey.errors import RekeyError

__all__ = ["JsonFile", "Unreadable", "kind_of"]

MOST_DIGITS = sys.int_info.str_digits_check_threshold  # of a number; Python may refuse to make text of more
MOST_FAULTS = 10_000  # are listed, more are counted

_DEEP = 100  # levels of nesting
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)


class Unreadable(NamedTuple):
    """Stands in a document for a value that is a fault where it would be read, and ignored elsewhere."""

    reason: str


@dataclass(frozen=True)
class JsonFile:
    """A file at `path`, how much of it is read, and what refuses it.

    `parts` are commas, colons and opening brackets: a value takes up to 50 times its text in memory. `fields`
    makes an object of its fields; `refused` makes the refusal of the path and its faults.
    """

    path: Path
    most_bytes: int
    most_parts: int
    fields: Callable[[list[tuple[str, object]]], dict[str, object]]
    refused: Callable[[Path, Sequence[str]], RekeyError]

    def raw(self) -> bytes | None:
        """Return the bytes of the file, None if there is none; raises the refusal for anything else."""
        # Opening a FIFO would hold the upgrade until someone writes to it. (Windows has neither it nor the flag.)
        at_once = getattr(os, "O_NONBLOCK", 0)
        try:
            with open(self.path, "rb", opener=lambda name, flags: os.open(name, flags | at_once)) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise self.refused(self.path, ["not a regular file"])
                raw = file.read(self.most_bytes + 1)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as fault:  # ValueError: a path that no file can have, with a NUL in it
            problem = f"cannot be read: {getattr(fault, 'strerror', None) or fault}"
            raise self.refused(self.path, [problem]) from fault
        if len(raw) > self.most_bytes:
            raise self.refused(self.path, [f"larger than {self.most_bytes:,} bytes, the most that is read"])
        if sum(map(raw.count, (b",", b":", b"[", b"{"))) > self.most_parts:
            raise self.refused(self.path, [f"more than {self.most_parts:,} commas, colons and opening brackets"])
        return raw

    def document(self, raw: bytes) -> object:
        """Return what `raw`, the file's bytes, says; raises the refusal if it is not JSON."""
        text = ""
        try:
            text = raw.decode().removeprefix("\ufeff")
            document: object = json.loads(
                text, object_pairs_hook=self.fields, parse_int=_whole, parse_constant=Unreadable
            )
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
        raise self.refused(self.path, [problem])

    def refuse_any(self, faults: Iterable[str]) -> None:
        """Raise the refusal with all of `faults`, if there is one."""
        rest = iter(faults)
        if listed := list(islice(rest, MOST_FAULTS)):
            more = sum(1 for _ in rest)
            raise self.refused(self.path, [*listed, f"and {more:,} more"] if more else listed)


def kind_of(value: object) -> str:
    """Return what `value` is, for a message that says what it should have been."""
    if isinstance(value, Unreadable):
        return value.reason
    if value is None or isinstance(value, bool):
        return "null or absent" if value is None else "true or false"
    kinds: dict[type, str] = {dict: "an object", list: "a list", str: "a string"}
    return kinds.get(type(value), "a number")


def _whole(digits: str) -> int | Unreadable:
    return int(digits) if len(digits) <= MOST_DIGITS else Unreadable(f"a number of {len(digits):,} digits")


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

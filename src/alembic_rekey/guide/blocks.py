"""What a page shows that can be run: its blocks of code, and the commands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Block", "Command", "blocks", "commands"]

_BLOCK = re.compile(r"(?ms)^(?:```(?P<kind>\w+)(?P<role>[^\n]*)\n(?P<shown>.*?)^```$|<!-- sh\n(?P<hidden>.*?)^-->$)")
_COMMENT = re.compile(r"(?:^|\s+)#\s?(?:(?P<status>\d+): )?.*$")


@dataclass(frozen=True)
class Block:
    """A block of code: its language, what its first line says beside it, and the line of the page where it begins."""

    kind: str
    role: str
    text: str
    line: int


@dataclass(frozen=True)
class Command:
    """A line for a shell, and the exit status that it shall have: what its comment begins with, else 0."""

    line: str
    status: int


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a page in their order, with the commands that readers are not shown."""
    for found in _BLOCK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found["hidden"] is not None:
            yield Block("sh", "", found["hidden"], line)
        else:
            yield Block(found["kind"], found["role"].strip(), found["shown"], line)


def commands(block: Block) -> Iterator[Command]:
    """Yield the commands of a block for the shell; a backslash at the end of a line joins the next one to it."""
    for line in block.text.replace("\\\n", " ").splitlines():
        found = _COMMENT.search(line)
        said = line[: found.start()] if found else line
        if said.strip():
            yield Command(said.strip(), int((found and found["status"]) or 0))

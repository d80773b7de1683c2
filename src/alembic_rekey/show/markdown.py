"""Plans as Markdown for a comment: what they come to, and their lists to be opened. It is the text of `summary`.

Whatever holds a value of a row stands in a fence: no value can end it, link or call anyone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from alembic_rekey.review.made import DryRun
from alembic_rekey.show.summary import plan_text, sentence, verdict, verdict_of_all
from alembic_rekey.text.shown import printable

__all__ = ["MOST", "failure_markdown", "is_comment", "plans_markdown"]

MOST = 60_000
"""Bytes of a document: GitHub takes a comment of 65,536 characters."""
_HEADING = "### "
"""What each document begins with."""
_REST = 600
"""Bytes that are kept for what a document says last."""


def plans_markdown(plans: Sequence[DryRun], limit: int | None) -> str:
    """Return all plans of one upgrade, in its order; each list is cut at `limit` entries, or where there is no room."""
    last = f"**{_plain(sentence(verdict_of_all(plans)))}**\n" if len(plans) > 1 else ""
    said, left = "", MOST - _REST
    for number, made in enumerate(plans):
        further = len(plans) - number
        one = _plan_markdown(made, limit, left // further)
        if len(one.encode()) > left:
            last = f"… and {further:,} more plans: `alembic-rekey plan` shows them.\n\n{last}"
            break
        said, left = said + one, left - len(one.encode())
    return said + last


def failure_markdown(said: str) -> str:
    """Return why no plan could be made."""
    return f"{_HEADING}No plan could be made\n\n{_fenced(_fitting(said.splitlines(), MOST - _REST))}"


def is_comment(path: Path) -> bool:
    """Tell whether `path` is a file that begins like a comment of ours."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(len(_HEADING)) == _HEADING
    except (OSError, ValueError):
        # It is not there, or is no name of a file.
        return False


def _plan_markdown(made: DryRun, limit: int | None, room: int) -> str:
    first, *blocks = _blocks(plan_text(made, limit))
    about, *lists = blocks[:-1]
    said = f"{_HEADING}{_plain(first[0])}\n\n**{_plain(verdict(made))}**\n\n{_fenced(_fitting(about, room // 3))}\n"
    for heading, *entries in lists:
        # What comes later has its share; a refusal comes first.
        share = (room - len(said.encode())) // 3
        opened = " open" if heading.startswith(("Counts", "Integrity errors", "Collisions")) else ""
        if share > _REST:
            summary = f"<details{opened}><summary>{escape(printable(heading), quote=False)}</summary>\n\n"
            said += f"{summary}{_fenced(_fitting(entries, share - len(summary.encode())))}\n</details>\n\n"
    return said


def _blocks(lines: Iterable[str]) -> list[list[str]]:
    """Return what stands between empty lines."""
    return [list(block) for filled, block in groupby(lines, key=bool) if filled]


def _fitting(lines: Sequence[str], room: int) -> Iterator[str]:
    for number, line in enumerate(lines):
        room -= len(line.encode()) + 1
        if room < _REST // 2:
            yield f"… and {len(lines) - number:,} more lines: `alembic-rekey plan` shows them"
            return
        yield line


def _fenced(lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}\n"


def _plain(text: str) -> str:
    """Return a sentence of ours, in which a revision may be called anything."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~@&-])", r"\\\1", text)

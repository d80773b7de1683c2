"""Pages to look at: databases worth a page, and what stands on a page in a form that reads at a glance."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from databases import Database
from examples import CANONICAL, OLD, folded, interaction, memory, prepared, project, state

__all__ = ["HOSTILE", "Read", "colliding", "many", "mixed"]

HOSTILE = (
    "</script><script>hacked=1</script><!-- <img src=x onerror=hacked=1> \"'&amp; {{rows}} $& \\ %s "
    "\u2028\u2029 \u202egnp.exe \x1b[31m\x07 \u200b e\u0301 \U0001f9d1\u200d\U0001f680 ]]> -- $$ ; : tab\there\nline"
)
"""Without NUL, which PostgreSQL refuses."""


def mixed(database: Database, folder: Path) -> Path:
    """One row for each thing that a fold does, two collisions, an error, and hostile values; returns the registry."""
    rows = folded()
    rows["projects"] += [project("t" + HOSTILE, "interferometer")]
    rows["project_state"] += [
        state("a", "c", "We buy from Zygo, 4 weeks", key="v"),
        state("b", "s", "We buy from 4D, 6 weeks", key="v"),
        state("h1" + HOSTILE, "c", HOSTILE, key=HOSTILE),
        state("h2", "t" + HOSTILE, HOSTILE + "!", key=HOSTILE),
        state("h3", "s", "third", key=HOSTILE),
        state("d1", "c", HOSTILE, key="d"),
        state("d2", "s", HOSTILE + "?", "old" + HOSTILE, key="d"),
        state("back", "c", "9", "superseded", key="live"),
        state("live", "s", "9", key="live"),
        state("l1", "c", "word " * 2_000 + "end", key="long"),
        state("l2", "s", "word " * 1_000 + "x" * 5_000 + " end", "superseded", key="long"),
        state("none", "s", None, "superseded", key="historical" + HOSTILE),
    ]
    rows["memories"] += [memory("m" + HOSTILE, "P05", HOSTILE)]
    rows["interactions"] += [interaction(HOSTILE, CANONICAL.upper())]
    return prepared(database, folder, rows)


def many(database: Database, folder: Path, rows: int = 10_000, aliases: int = 1_000) -> Path:
    """Tagged rows under as many aliases of 50 canonicals, and 200 drops; returns the registry."""
    registry = {f"p{n:02}": [f"p{n:02}-alias-{m:03}" for m in range(aliases // 50)] for n in range(50)}
    names = [alias for of in registry.values() for alias in of]
    drops = [
        state(f"{kind}{n}", kind, f"value {n} {kind}", status, key=str(n))
        for n in range(200)
        for kind, status in (("c", "active"), ("s", "superseded"))
    ]
    return prepared(
        database,
        folder,
        {
            "projects": [project("c", "p00"), project("s", names[0])],
            "project_state": drops,
            "interactions": [interaction(f"i{n:05}", names[n * 7 % aliases]) for n in range(rows)],
        },
        registry,
    )


def colliding(database: Database, folder: Path, slots: int = 300, rows: int = 9_400) -> Path:
    """300 collisions of 30 canonicals over 10,000 rows: the alias's is newer in two of three, in the third both are
    equally new; returns the registry."""
    registry = {f"p{n:02}": [f"old-{n:02}"] for n in range(30)}
    states = []
    for n in range(slots):
        of, key = f"{n % 30:02}", f"key {n:03}"
        newer = f"2026-03-{1 + n % 28:02} 10:00:00+00:00" if n % 3 else OLD
        states.append(state(f"c{n}", f"c{of}", f"value {n} as it was", key=key))
        states.append(state(f"s{n}", f"s{of}", f"value {n} as it is", key=key, updated_at=newer))
    return prepared(
        database,
        folder,
        {
            "projects": [
                project(f"{kind}{n:02}", name.format(n))
                for n in range(30)
                for kind, name in (("c", "p{:02}"), ("s", "old-{:02}"))
            ],
            "project_state": states,
            "interactions": [interaction(f"i{n:05}", f"old-{n % 30:02}") for n in range(rows)],
        },
        registry,
    )


class Read(HTMLParser):
    """A page taken apart: `tags` in their order with their attributes, `text` as a person reads it, `data`."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, str] = {}
        self.scripts: list[str] = []
        self._inside, self._text = "", ""
        self.feed(page)
        self.text = re.sub(r"\s+", " ", self._text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag, and where the raw text that follows belongs."""
        self.tags.append((tag, dict(attrs)))
        self._inside = dict(attrs).get("id") or tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        """Raw text ends with its tag."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Keep raw text apart from text for a person."""
        if self._inside == "script":
            self.scripts.append(data)
        if self._inside:
            self.raw[self._inside] = self.raw.get(self._inside, "") + data
        else:
            self._text += data

    @property
    def data(self) -> list[dict[str, Any]]:
        """The rows that the page's script shows."""
        return json.loads(self.raw["rows-data"])

    @property
    def questions(self) -> dict[str, Any]:
        """What the page's script makes the file of answers from."""
        return json.loads(self.raw["questions-data"])

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        """The attributes of every such tag."""
        return [has for name, has in self.tags if name == tag and attributes.items() <= has.items()]

"""Small legacy databases written by hand, and what became of them in a form that reads at a glance."""

from __future__ import annotations

import io
import logging
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.config import CommandLine, Config

import legacy
from commands import rekey_with
from databases import Database

__all__ = [
    "CANONICAL",
    "KNOWN_BY_THE_UPGRADE",
    "LATER",
    "OLD",
    "REGISTRY",
    "ROOT",
    "Ended",
    "actions",
    "alembic_here",
    "counts",
    "folded",
    "interaction",
    "memories",
    "memory",
    "names",
    "prepared",
    "prepared_otherwise",
    "project",
    "projects",
    "refuses",
    "state",
    "states",
]

ROOT = Path(__file__).resolve().parents[2]
CANONICAL = "p05-interferometer"
REGISTRY = {CANONICAL: ["p05", "interferometer"], "p06-polisher": ["p06"]}
OLD, LATER = "2026-01-01 09:00:00+00:00", "2026-01-02 09:00:00+00:00"

IS_GUARD = re.compile(r"(?m)^\w+ \([\d,]+\):$|^FAILED: the (registry|answers) .* cannot be used")
"""What a command says that ends with 2: findings of the guard, each below its name, or an input that is refused."""

KNOWN_BY_THE_UPGRADE = (0, 1, 2)
"""What `plan --check` may say of what only an upgrade can know: what triggers do, a commit, a lock, a right to write.

Given as `planned` to `refuses`; a connection that is cut or a full disk may stop the plan as well.
"""

Row = dict[str, Any]


def project(key: str, name: str, /, **more: object) -> Row:
    """A row of `projects`."""
    return {"id": key, "name": name, "created_at": OLD, "updated_at": OLD, **more}


def projects(**names: str) -> list[Row]:
    """Rows of `projects`: their ids and names."""
    return [project(key, name) for key, name in names.items()]


def state(key: str, owner: str, value: str | None, status: str | None = "active", /, **more: object) -> Row:
    """A row of `project_state`, in the slot decision/vendor unless told otherwise."""
    row = {"id": key, "project_id": owner, "category": "decision", "key": "vendor", "value": value, "status": status}
    return {**row, "created_at": OLD, "updated_at": OLD, **more}


def memory(key: str, tag: str | None, content: str = "a fact", /, **more: object) -> Row:
    """A row of `memories`; those with one content are duplicates."""
    row = {"id": key, "memory_type": "fact", "content": content, "project": tag, "status": "active"}
    return {**row, "created_at": OLD, "updated_at": OLD, **more}


def interaction(key: str, tag: str | None, /, **more: object) -> Row:
    """A row of `interactions`."""
    return {"id": key, "prompt": "?", "project": tag, "created_at": OLD, **more}


def folded() -> dict[str, list[Row]]:
    """One row for each thing that a fold does, but for renaming, reviving and refusing."""
    slots = {name: {"key": name} for name in ("free", "same", "displaced", "historical")}
    return {
        "projects": projects(c=CANONICAL, s="p05", new="p06", other="atlas"),
        "project_state": [
            state("rekeyed", "s", "1", "superseded", **slots["free"]),
            state("kept", "c", "1", **slots["same"]),
            state("merged", "s", "1", **slots["same"]),
            state("replaced", "c", "1", "superseded", **slots["displaced"]),
            state("displacing", "s", "2", **slots["displaced"]),
            state("living", "c", "1", **slots["historical"]),
            state("dropped", "s", "2", "invalid", **slots["historical"]),
            state("others", "other", "1"),
        ],
        "memories": [
            memory("m1", "p05"),
            memory("m2", CANONICAL, updated_at=LATER),
            memory("m3", "p06"),
            memory("m4", ""),
        ],
        "interactions": [interaction("i1", "interferometer"), interaction("i2", "atlas")],
    }


def prepared(
    database: Database,
    folder: Path,
    rows: Mapping[str, list[Row]],
    registry: Mapping[str, Iterable[str]] = REGISTRY,
    **shape: bool,
) -> Path:
    """Makes the four tables with these rows, and the registry; returns the registry's path."""
    legacy.create(database, **shape)
    legacy.fill(database, rows)
    return legacy.write_registry(folder / "project-registry.json", registry)


def prepared_otherwise(
    database: Database, folder: Path, rows: Mapping[str, list[Row]], *changes: tuple[str, str]
) -> Path:
    """Like `prepared`, with each change made to the text of the tables' definitions: what is there, what instead."""
    extra = {f"extra_{table}": "" for table in legacy.TABLES}
    definitions = legacy.DEFINITIONS.format(**legacy.TYPES[database.dialect], **extra, unique_slots="")
    for there, instead in changes:
        assert there in definitions
        definitions = definitions.replace(there, instead)
    database.execute(definitions)
    legacy.fill(database, rows)
    return legacy.write_registry(folder / "project-registry.json", REGISTRY)


def names(database: Database) -> dict[str, str]:
    """The name of each `projects` row by its id."""
    return dict(database.rows("SELECT id, name FROM projects"))


def states(database: Database) -> dict[str, tuple[str, str | None, str | None]]:
    """Project, value and status of each `project_state` row by its id."""
    query = "SELECT s.id, p.name, s.value, s.status FROM project_state s JOIN projects p ON p.id = s.project_id"
    return {key: (name, value, status) for key, name, value, status in database.rows(query)}


def memories(database: Database) -> dict[str, tuple[str | None, str | None]]:
    """Project and status of each row of `memories` by its id."""
    found = database.rows("SELECT id, project, status FROM memories")
    return {key: (tag, status) for key, tag, status in found}


def actions(database: Database, table: str) -> dict[str | None, str]:
    """What the journal says of each row, by the row's id; created rows have none."""
    return dict(database.rows(f"SELECT id, rekey_action FROM rekey_journal_{table}"))


def counts(database: Database, phase: str) -> dict[str, int]:
    """The counts of the only run that are not zero."""
    return dict(database.rows(f"SELECT name, value FROM rekey_count WHERE phase = '{phase}' AND value <> 0"))


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def alembic_here(*arguments: str, config: Path = ROOT / "alembic.ini", **x: object) -> Ended:
    """Runs the command line of `alembic` in this process: as an operator would, but at once."""
    options = [option for name, value in x.items() for option in ("-x", f"{name}={value}")]
    root, out, err = logging.getLogger(), io.StringIO(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    code = 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            line = CommandLine("alembic")
            parsed = line.parser.parse_args([*options, *arguments])
            toml = config.with_name("pyproject.toml")
            beside = {"toml_file": str(toml)} if config != ROOT / "alembic.ini" and toml.is_file() else {}
            line.run_cmd(Config(str(config), stdout=out, ini_section=parsed.name, cmd_opts=parsed, **beside), parsed)
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else 1
    finally:
        # The handler of alembic.ini writes to what standard error was a moment ago.
        root.handlers[:] = handlers
        root.setLevel(level)
    ended = Ended(code, out.getvalue(), err.getvalue())
    if "FAILED: " in ended.err:
        assert code == (2 if IS_GUARD.search(ended.err) else 1), ended
    return ended


def refuses(
    database: Database,
    registry: Path,
    *said: str,
    arguments: str = "upgrade head",
    planned: Sequence[int] = (1, 2),
    **x: object,
) -> str:
    """Runs a command that must refuse, say all of this, and leave neither a change nor a report; returns its words.

    Before an upgrade `plan --check` refuses as well: 2, or 1 where no plan can be made. `planned` says otherwise
    for what only an upgrade can know, with the reason beside it.
    """
    reports = registry.parent / "refused"
    before = database.snapshot()
    settings = {"url": database.url, "registry": registry, "report_dir": reports, **x}
    if arguments == "upgrade head":
        options = [word for name, value in settings.items() for word in ("-x", f"{name}={value}")]
        checked = rekey_with("-c", str(ROOT / "alembic.ini"), *options, "plan", "--check")
        assert checked.status in planned, checked
        assert "Traceback" not in checked.err
        assert database.snapshot() == before
        if reports.is_dir():
            shutil.rmtree(reports)
    ended = alembic_here(*arguments.split(), **settings)
    assert ended.code in (1, 2), ended
    assert ended.out == ""
    refusal = ended.err[ended.err.index("FAILED: ") :]
    assert "Traceback" not in ended.err
    for words in said:
        assert words in refusal
    assert database.snapshot() == before
    assert not reports.exists() or not reports.is_dir() or list(reports.iterdir()) == []
    return refusal

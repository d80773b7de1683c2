"""`alembic-rekey demo`: a small legacy database, folded by the real `alembic upgrade head`.

The one module that knows the application's tables: it makes them as earlier versions left them, with a
row for every branch of the decision tables. It plans and migrates through the commands, as a person would.
"""

from __future__ import annotations

import json
import shlex
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from alembic_rekey.errors import CommandRefused
from alembic_rekey.project.configuration import SECTION
from alembic_rekey.settings import arguments
from alembic_rekey.text.shown import printable, shown

__all__ = ["Demo"]

_TABLES = """
CREATE TABLE projects (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT DEFAULT '',
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP, updated_at DATETIME DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE project_state (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    category TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, source TEXT DEFAULT '',
    confidence REAL DEFAULT 1.0, status TEXT NOT NULL DEFAULT 'active',
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP, updated_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (project_id, category, key));
CREATE TABLE memories (
    id TEXT PRIMARY KEY, memory_type TEXT NOT NULL, content TEXT NOT NULL, project TEXT DEFAULT '',
    confidence REAL DEFAULT 1.0, status TEXT NOT NULL DEFAULT 'active',
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP, updated_at DATETIME DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE interactions (
    id TEXT PRIMARY KEY, prompt TEXT NOT NULL, response TEXT DEFAULT '', client TEXT DEFAULT '',
    session_id TEXT DEFAULT '', project TEXT DEFAULT '', created_at DATETIME DEFAULT CURRENT_TIMESTAMP);
"""

_REGISTRY = {
    "projects": [
        {"id": "p04-gigabit", "aliases": ["p04", "gigabit"]},
        {"id": "p05-interferometer", "aliases": ["p05", "interferometer"]},
        {"id": "p06-polisher", "aliases": ["p06"]},
    ]
}

_OLD, _NEW = "2026-01-05 08:00:00", "2026-02-05T08:00:00+00:00"

_INSERTS: Sequence[tuple[str, Sequence[tuple[str, ...]]]] = (
    (
        "INSERT INTO projects (id, name) VALUES (?, ?)",
        (
            ("prj-5", "p05-interferometer"),  # spelt as registered: stays
            ("prj-5a", "p05"),  # a shadow
            ("prj-5b", "Interferometer "),  # another one, with a capital and a blank
            ("prj-4a", "gigabit"),  # a shadow without a canonical row: that is created
            ("prj-6", "P06-Polisher"),  # a misspelt canonical: renamed in place
            ("prj-x", "unregistered"),  # nobody's alias: left alone
        ),
    ),
    (
        "INSERT INTO project_state (id, project_id, category, key, value, status, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            ("st-01", "prj-5", "status", "phase", "assembly", "active", _OLD),
            ("st-02", "prj-5a", "status", "phase", "assembly", "active", _NEW),  # the same: merged
            ("st-03", "prj-5a", "status", "owner", "mira", "active", _OLD),  # a free slot: rekeyed
            ("st-04", "prj-5a", "status", "budget", "80k", "superseded", _OLD),  # a free slot, not live: rekeyed
            ("st-05", "prj-5", "decision", "laser", "532 nm", "active", _OLD),
            ("st-06", "prj-5a", "decision", "laser", "1064 nm", "superseded", _NEW),  # historical drop
            ("st-07", "prj-5", "decision", "mount", "steel", "superseded", _NEW),  # replaced by st-08
            ("st-08", "prj-5a", "decision", "mount", "invar", "active", _OLD),
            ("st-09", "prj-5", "contact", "vendor", "Optik GmbH", "superseded", _OLD),  # revived: st-10 says the same
            ("st-10", "prj-5b", "contact", "vendor", "Optik GmbH", "active", _NEW),  # merged
            ("st-11", "prj-5a", "risk", "dust", "low", "superseded", _OLD),  # two shadows, one slot: dropped
            ("st-12", "prj-5b", "risk", "dust", "high", "superseded", _NEW),  # the newer one: rekeyed
            ("st-13", "prj-4a", "status", "phase", "planning", "active", _OLD),  # goes to the created row
            ("st-14", "prj-6", "status", "phase", "done", "active", _OLD),  # stays with its renamed row
            ("st-15", "prj-x", "status", "phase", "unknown", "active", _OLD),
        ),
    ),
    (
        "INSERT INTO memories (id, memory_type, content, project, updated_at) VALUES (?, ?, ?, ?, ?)",
        (
            ("mem-1", "fact", "The fringe contrast is 0.93.", "p05", _OLD),  # no duplicate: rekeyed
            ("mem-2", "fact", "The table floats.", "p05-interferometer", _NEW),
            ("mem-3", "fact", "The table floats.", "P05", _OLD),  # older than a canonical one: superseded
            ("mem-4", "fact", "Pump before purge.", "p05-interferometer", _OLD),  # superseded by mem-5
            ("mem-5", "fact", "Pump before purge.", "interferometer", _NEW),  # newer: rekeyed
            ("mem-6", "preference", "Report in SI units.", "unregistered", _OLD),
        ),
    ),
    (
        "INSERT INTO interactions (id, prompt, project) VALUES (?, ?, ?)",
        (
            ("int-1", "What is the next step?", "p04"),
            ("int-2", "Who owns the mount?", "p05-interferometer"),
            ("int-3", "Is the pump on?", " p05 "),
        ),
    ),
)

_COLLISION = (
    "INSERT INTO project_state (id, project_id, category, key, value) VALUES (?, ?, ?, ?, ?)",
    (("st-98", "prj-5", "decision", "chamber", "vacuum"), ("st-99", "prj-5a", "decision", "chamber", "nitrogen")),
)

_NOT_COMPARED = ("created_at", "updated_at")

_Rows = dict[str, dict[str, dict[str, Any]]]
"""By table and id."""


@dataclass(frozen=True)
class Demo:
    """A legacy database in a folder of its own, and the options that name it to the commands."""

    database: Path
    registry: Path
    reports: Path
    options: tuple[str, ...]

    @classmethod
    def make(cls, folder: Path | None, configuration: Sequence[Path], x: Sequence[str], section: str) -> Demo:
        """Make database and registry in `folder`, else in a new temporary one.

        Raises:
            CommandRefused: if the folder holds a demo already or cannot be written, or `x` names other places.
        """
        places = sorted({"url", "registry", "report_dir"} & arguments(x).keys())
        if places:
            raise CommandRefused(
                f"the demo makes a database of its own; {', '.join(places)} would lead it elsewhere.",
                "leave these settings out.",
            )
        try:
            here = Path(tempfile.mkdtemp(prefix="alembic-rekey-demo-")) if folder is None else folder.absolute()
            here.mkdir(parents=True, exist_ok=True)
            paths = [here / name for name in ("atocore.db", "project-registry.json", "reports")]
            if held := [str(path) for path in paths if path.exists()]:
                raise CommandRefused(f"{held[0]} exists already.", "name an empty folder, or none.")
            database, registry, reports = paths
            registry.write_text(json.dumps(_REGISTRY, indent=2) + "\n", encoding="utf-8")
            with closing(sqlite3.connect(database)) as connection, connection:
                connection.executescript(_TABLES)
                for statement, rows in _INSERTS:
                    connection.executemany(statement, rows)
        except OSError as error:
            raise CommandRefused(
                f"{error.filename}: {error.strerror}.", "name a folder that you may write to."
            ) from error
        named = (f"url=sqlite:///{database}", f"registry={registry}", f"report_dir={reports}")
        options = [word for file in configuration for word in ("-c", str(file))]
        options += ["-n", section] if section != SECTION else []
        options += [word for setting in (*x, *named) for word in ("-x", setting)]
        print(f"A legacy database, {database}\nand its registry, {registry}")
        return cls(database, registry, reports, tuple(options))

    def fold(self) -> None:
        """Show the plan, run the upgrade, and show what became of every row."""
        before = self._rows()
        self._expect(0, "alembic_rekey.cli", "plan")
        self._expect(0, "alembic", "upgrade", "head")
        print("\nWhat became of the rows (= unchanged, ~ changed, - gone, + created):")
        _show_changes(before, self._rows())
        self._expect(0, "alembic_rekey.cli", "runs")
        print("\nThe report:", max(self.reports.glob("*.json"), key=lambda report: report.stat().st_mtime_ns))
        print("To look further:")
        print(f"  {self._line('alembic_rekey.cli', 'report')}")
        print(f"  {self._line('alembic', 'upgrade', 'head', '--sql')}")
        print("To put every row back as it was:")
        print(f"  {self._line('alembic', 'downgrade', '-1')}")

    def refuse(self) -> None:
        """Add two live values for one slot, and show that the upgrade refuses and leaves the file alone."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.executemany(*_COLLISION)
        before = sha256(self.database.read_bytes()).hexdigest()
        self._expect(2, "alembic_rekey.cli", "plan", "--check")
        self._expect(1, "alembic", "upgrade", "head")
        after = sha256(self.database.read_bytes()).hexdigest()
        if before != after:
            raise CommandRefused(f"{self.database} was changed by a refused upgrade.", "this is a bug: report it.")
        print(f"\nThe upgrade refused, and the file is byte for byte as it was:\n  SHA-256 {before} before")
        print(f"  SHA-256 {after} after")
        print("To decide for one value, set the other one aside and run the upgrade again:")
        decision = "UPDATE project_state SET status = 'superseded' WHERE id = 'st-99'"
        print(f"  sqlite3 {shlex.quote(str(self.database))} {shlex.quote(decision)}")
        print(f"  {self._line('alembic', 'upgrade', 'head')}")

    def _expect(self, status: int, module: str, *command: str) -> None:
        """Run a command as a person would, everything it says on standard output; `status` is what it shall return."""
        print(f"\n$ {self._line(module, *command)}", flush=True)
        line = [sys.executable, "-m", module, *self.options, *command]
        done = subprocess.run(line, stderr=subprocess.STDOUT, check=False)  # noqa: S603  # our own commands, no shell
        if done.returncode != status:
            raise CommandRefused(
                f"`{command[0]}` of the demo ended with {done.returncode} instead of {status}.",
                "see above what it said.",
            )

    def _line(self, module: str, *command: str) -> str:
        program = "alembic-rekey" if module == "alembic_rekey.cli" else module
        return shlex.join((program, *self.options, *command))

    def _rows(self) -> _Rows:
        with closing(sqlite3.connect(self.database)) as connection:
            connection.row_factory = sqlite3.Row
            tables = ("projects", "project_state", "memories", "interactions")
            return {
                table: {row["id"]: dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY id")}  # noqa: S608  # our own table names
                for table in tables
            }


def _show_changes(before: _Rows, after: _Rows) -> None:
    for table, old in before.items():
        new = after[table]
        print(f"  {table}: {len(old)} rows before, {len(new)} after")
        for key in sorted(old.keys() | new.keys()):
            print(f"    {_change(old.get(key), new.get(key))}")


def _change(old: dict[str, Any] | None, new: dict[str, Any] | None) -> str:
    if old is None or new is None:
        row = old or new or {}
        said = ", ".join(shown(value) for name, value in row.items() if name not in (*_NOT_COMPARED, "id") and value)
        return f"{'+' if old is None else '-'} {printable(row['id'])}: {said}"
    changes = [
        f"{name} {shown(old[name])} -> {shown(value)}"
        for name, value in new.items()
        if value != old[name] and name not in _NOT_COMPARED
    ]
    return f"{'~' if changes else '='} {printable(new['id'])}{': ' if changes else ''}{', '.join(changes)}"

"""The ways back from a fold, and what a database holds to the bit: every table that is not ours."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config

from databases import Database, SQLiteDatabase
from examples import CANONICAL, LATER, REGISTRY, ROOT, interaction, memory, prepared, project, state
from kept import Kept, kept
from legacy import TABLES, Rows, write_registry
from scripts import once
from snapshots import in_order

__all__ = [
    "LENS",
    "WAYS",
    "Folded",
    "contents",
    "drop_side_tables",
    "everything",
    "everything_folded",
    "fold",
    "script_back",
]

WAYS = ("online", "script", "report")
"""From the journal, from the journal by the database's own shell, from the report file without any journal."""

LENS = "p07-lens"
NAMES = {**REGISTRY, LENS: ["p07"]}

OURS = ("rekey_", "alembic_version", "sqlite_")


def contents(database: Database) -> dict[str, list[Any]]:
    """Every row of every table that is not ours, told apart to the bit and the storage class."""
    if isinstance(database, SQLiteDatabase):
        return _of_file(database.path)
    whole = database.snapshot()
    assert isinstance(whole, dict)
    rows = {kind.removeprefix("rows of "): found for kind, found in whole.items() if kind.startswith("rows of ")}
    return {name: found for name, found in rows.items() if not name.strip('"').startswith(OURS)}


def _of_file(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = lambda raw: ("text", raw)  # bytes that are no UTF-8 count too
        names = [name for ((_, name),) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {
            name.decode(): in_order(
                [
                    tuple(value.hex() if isinstance(value, float) else value for value in row)
                    for row in connection.execute(f'SELECT * FROM "{name.decode()}"')
                ]
            )
            for name in names
            if not name.decode().startswith(OURS)
        }


def everything() -> Rows:
    """Rows for every action of a fold, side by side; their ids say what becomes of them."""
    return {
        "projects": [
            *(project("c", CANONICAL), project("s", "P05"), project("t", "interferometer")),
            *(project("n", "p06"), project("r", " P07-Lens"), project("o", "atlas")),
        ],
        "project_state": [
            state("rekeyed", "s", "1", "superseded", key="free"),
            state("merged", "s", "1", key="same"),
            state("kept", "c", "1", key="same"),
            state("replaced", "c", "1", "superseded", key="displaced"),
            state("displacing", "s", "2", key="displaced"),
            state("dropped", "t", "3", "invalid", key="displaced"),
            state("revived", "c", "v", "invalid", key="revived"),
            state("reviving", "t", "v", key="revived"),
            state("under-created", "n", "1"),
            state("under-renamed", "r", "1"),
        ],
        "memories": [memory("superseded", "p05"), memory("m", CANONICAL, updated_at=LATER), memory("rekeyed", "p06")],
        "interactions": [interaction("rekeyed", "interferometer"), interaction("i", "atlas")],
    }


def drop_side_tables(database: Database) -> None:
    """What somebody does who takes them for rubbish."""
    for name in sorted(database.tables()):
        if name.startswith("rekey_"):
            database.execute(f"DROP TABLE {name}")


def script_back(database: Database, registry: Path, revisions: str = "head:-1", **x: object) -> str:
    """What `alembic downgrade REVISIONS --sql` prints; raises what Alembic raises."""
    return _script_back(database.url, registry, revisions, **x)


def _script_back(url: str, registry: Path, revisions: str = "head:-1", **x: object) -> str:
    written = StringIO()
    given = [f"{name}={value}" for name, value in {"url": url, "registry": registry, **x}.items()]
    config = Config(str(ROOT / "alembic.ini"), output_buffer=written, cmd_opts=argparse.Namespace(x=given))
    command.downgrade(config, revisions, sql=True)
    return written.getvalue()


@dataclass(frozen=True)
class Folded:
    """A database after the upgrade, and the ways back from there."""

    database: Database
    registry: Path
    before: dict[str, list[Any]]
    """What it held before."""
    rows: dict[str, list[dict[str, Any]]]
    """The application's rows before, by table."""
    downgrade: Callable[..., None]

    @property
    def report(self) -> Path:
        """The report of the newest upgrade."""
        return max((self.registry.parent / "reports").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)

    def back(self, way: str = "online", **x: object) -> None:
        """Goes back on one of `WAYS`."""
        if way == "script":
            script = once(_script_back, self.database.url, self.registry, **x)
            outcome = self.database.run_script(script.encode("ascii"))
            assert outcome.returncode == 0, outcome.stderr.decode()
            return
        if way == "report":
            drop_side_tables(self.database)
            x = {"report": self.report, **x}
        self.downgrade(self.database, self.registry, **x)

    def holds_what_it_held(self) -> bool:
        """Tells whether everything is back; where not, an assertion shows what differs."""
        assert contents(self.database) == self.before
        return True


def fold(
    database: Database, folder: Path, rows: Any, upgrade: Any, downgrade: Any, *changes: str, **shape: bool
) -> Folded:
    """Makes the tables with these rows, runs the SQL of `changes`, and folds."""
    registry = prepared(database, folder, rows, NAMES)
    for change in changes:
        database.execute(change)
    before = contents(database)
    # What Python cannot read as text is compared as it is stored, by `contents` alone.
    rows_before = {} if changes else {table: database.table(table) for table in TABLES}
    upgrade(database, registry, report_dir=folder / "reports")
    return Folded(database, registry, before, rows_before, downgrade)


def everything_folded(database: Database, folder: Path, upgrade: Any, downgrade: Any) -> Folded:
    """Folds `everything`: the first time in this process; then a copy of what that left does as well."""
    if database.dialect not in _FOLDED:
        database.reset()
        first = fold(database, folder, everything(), upgrade, downgrade)
        _FOLDED[database.dialect] = first, kept(database), first.report.read_bytes()
        return first
    first, left, report = _FOLDED[database.dialect]
    left.put_back(database)
    (folder / "reports").mkdir(exist_ok=True)
    (folder / "reports" / "everything.json").write_bytes(report)
    return replace(
        first,
        database=database,
        registry=write_registry(folder / "project-registry.json", NAMES),
        downgrade=downgrade,
    )


_FOLDED: dict[str, tuple[Folded, Kept, bytes]] = {}

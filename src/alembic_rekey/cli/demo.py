"""`alembic-rekey demo`: a small legacy database, folded by the real `alembic upgrade head`.

The project that it shows travels with this module: `demo-project/`, with `legacy.sql`, a row for every branch of the
decision tables. It is copied, planned and migrated through the commands, as a person would.
"""

from __future__ import annotations

import shlex
import shutil
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

_PROJECT = Path(__file__).with_name("demo-project")

_COLLISION = """
INSERT INTO project_state (id, project_id, category, key, value) VALUES
    ('st-98', 'prj-5', 'decision', 'chamber', 'vacuum'), ('st-99', 'prj-5a', 'decision', 'chamber', 'nitrogen');
"""

_NOT_COMPARED = ("created_at", "updated_at")

_Rows = dict[str, dict[str, dict[str, Any]]]
"""By table and id."""


@dataclass(frozen=True)
class Demo:
    """A project with a legacy database in a folder of its own, and the options that name it to the commands."""

    folder: Path
    options: tuple[str, ...]

    @classmethod
    def make(cls, folder: Path | None, configuration: Sequence[str], x: Sequence[str], section: str) -> Demo:
        """Make the project in `folder`, else in a new temporary one.

        Raises:
            CommandRefused: if the folder holds one already or cannot be written, or the options name another.
        """
        places = sorted({"url", "registry", "report_dir"} & arguments(x).keys())
        places += ["-c"] * bool(configuration) + ["-n"] * (section != SECTION)
        if places:
            raise CommandRefused(
                f"the demo makes a project of its own; {', '.join(places)} would lead it elsewhere.",
                "leave these settings out.",
            )
        try:
            here = Path(tempfile.mkdtemp(prefix="alembic-rekey-demo-")) if folder is None else folder.absolute()
            here.mkdir(parents=True, exist_ok=True)
            made = (*(path.name for path in _PROJECT.iterdir()), "app.db", "reports")
            if held := [str(here / name) for name in made if (here / name).exists()]:
                raise CommandRefused(f"{held[0]} exists already.", "name an empty folder, or none.")
            shutil.copytree(_PROJECT, here, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            demo = cls(here, tuple(word for setting in x for word in ("-x", setting)))
            demo.run((here / "legacy.sql").read_text("utf-8"))
        except OSError as error:
            raise CommandRefused(
                f"{error.filename}: {error.strerror}.", "name a folder that you may write to."
            ) from error
        print(f"A project with a legacy database, {demo.database}\nand its registry, {here / 'registry.json'}")
        return demo

    @property
    def database(self) -> Path:
        """The file that is folded."""
        return self.folder / "app.db"

    def run(self, script: str) -> None:
        """Run a script on the database, as the application would."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.executescript(script)

    def fold(self) -> None:
        """Show the plan, run the upgrade, and show what became of every row."""
        before = self._rows()
        self._expect(0, "alembic_rekey.cli", "plan")
        self._expect(0, "alembic", "upgrade", "head")
        print("\nWhat became of the rows (= unchanged, ~ changed, - gone, + created):")
        _show_changes(before, self._rows())
        self._expect(0, "alembic_rekey.cli", "runs")
        print("\nThe report:", max(self.folder.glob("reports/*.json"), key=lambda report: report.stat().st_mtime_ns))
        print("To look further:")
        print(f"  {self._line('alembic_rekey.cli', 'report')}")
        print(f"  {self._line('alembic', 'upgrade', 'head', '--sql')}")
        print("To put every row back as it was:")
        print(f"  {self._line('alembic', 'downgrade', '-1')}")

    def refuse(self) -> None:
        """Add two live values for one slot, and show that the upgrade refuses and leaves the file alone."""
        self.run(_COLLISION)
        before = sha256(self.database.read_bytes()).hexdigest()
        self._expect(2, "alembic_rekey.cli", "plan", "--check")
        self._expect(2, "alembic", "upgrade", "head")
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
        line = [sys.executable, "-m", module, "-c", str(self.folder / "alembic.ini"), *self.options, *command]
        done = subprocess.run(line, stderr=subprocess.STDOUT, check=False)  # noqa: S603  # our own commands, no shell
        if done.returncode != status:
            raise CommandRefused(
                f"`{command[0]}` of the demo ended with {done.returncode} instead of {status}.",
                "see above what it said.",
            )

    def _line(self, module: str, *command: str) -> str:
        program = "alembic-rekey" if module == "alembic_rekey.cli" else module
        return shlex.join((program, "-c", str(self.folder / "alembic.ini"), *self.options, *command))

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

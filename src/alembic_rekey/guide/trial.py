"""A page is tried: every command and every spec that it shows, in the order in which it shows them.

The blocks of a page follow each other in one folder. What stands behind a block's language says what is done with it:

    sh              each line is run; `# 2: …` behind it says which exit status it has, else 0
    sql tables      a new database, app.db, made of this
    sql             run in app.db
    python spec     parts of a spec: they are folded and put back, the tables being those of app.db by their names
    python          read; ini and json too, by a person
    … elsewhere     not run here: the comment before it says which test runs it
    … FILE.NAME     written into a file of that name
    text            what the block before it printed, or which rows it changed; `...` stands for anything
"""

from __future__ import annotations

import ast
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, redirect_stderr, redirect_stdout
from doctest import ELLIPSIS, OutputChecker
from io import StringIO
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from alembic_rekey.guide.blocks import Block, blocks, commands
from alembic_rekey.guide.topics import page
from alembic_rekey.project.files import ENVIRONMENT_LINES

__all__ = ["Trial", "Untrue"]

_INI = """\
[alembic]
script_location = %(here)s/migrations
path_separator = os
sqlalchemy.url = sqlite:///%(here)s/app.db
rekey.registry = %(here)s/registry.json
rekey.report_dir = %(here)s/reports
"""
_REVISION = '''\
"""A spec of the guide."""
import sqlalchemy as sa
from sqlalchemy import case, func, literal, or_, select
from alembic import op
from alembic_rekey import *
revision, down_revision = "0001", None
_frozen = sa.MetaData()
_frozen.reflect(sa.create_engine({url!r}, poolclass=sa.NullPool), resolve_fks=False)
globals().update(_frozen.tables)
spec = Spec(revision=revision, {spec})
def upgrade():
    op.create_side_tables(spec)
    op.rekey(spec)
def downgrade():
    op.restore(spec)
    op.drop_side_tables(spec)
'''
_FIELDS = {"Slots": "slots", "References": "references", "Tags": "tags", "Check": "checks"}

_Rows = Mapping[str, Mapping[str, Mapping[str, object]]]
"""By table and key."""


class Untrue(Exception):
    """A page shows what is not so; `str()` says where and how."""


class Trial:
    """One page in a folder of its own."""

    def __init__(self, name: str, folder: Path, programs: Path | None = None) -> None:
        self.name, self.folder = name, folder
        self.programs = programs or Path(sys.executable).parent
        self.database = folder / "app.db"
        self.said = ""
        self.elsewhere: list[Block] = []
        """What no machine without more than SQLite can run."""

    def run(self) -> None:
        """Try everything that the page shows.

        Raises:
            Untrue: at the first block that is not so.
        """
        for block in blocks(page(self.name)):
            try:
                self._act(block)(block)
            except Untrue as error:
                raise Untrue(f"{self.name}.md, line {block.line}: {error}") from error

    def _act(self, block: Block) -> Callable[[Block], None]:
        if "." in block.role:
            return self._write
        known = {
            "": self.elsewhere.append if block.role == "elsewhere" else self._know_nothing,
            "sh": self._run,
            "sql": self._query,
            "sql tables": self._make_tables,
            "python": self._read,
            "python spec": self._fold,
            "ini": self._look,
            "json": self._look,
            "text": self._compare,
        }
        return known.get(f"{block.kind} {block.role}".strip(), known[""])

    def _know_nothing(self, block: Block) -> None:
        raise Untrue(f"nobody knows what to do with {block.kind} {block.role}")

    def _look(self, block: Block) -> None:
        """Do nothing: what is shown is read by a person."""

    def _write(self, block: Block) -> None:
        (self.folder / block.role).write_text(block.text, "utf-8")

    def _read(self, block: Block) -> None:
        try:
            ast.parse(block.text)
        except SyntaxError as error:
            raise Untrue(f"no Python: {error}") from error

    def _run(self, block: Block) -> None:
        here = {"PATH": f"{self.programs}:{os.environ.get('PATH', '')}", "COLUMNS": "120"}
        said = []
        for each in commands(block):
            done = subprocess.run(  # noqa: S603  # what the page shows
                ["/bin/bash", "-uo", "pipefail", "-c", each.line],
                cwd=self.folder,
                env={**os.environ, **here},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                check=False,
            )
            said.append(done.stdout)
            if done.returncode != each.status:
                raise Untrue(f"`{each.line}` ended with {done.returncode}, not {each.status}:\n{done.stdout}")
        self.said = "".join(said)

    def _make_tables(self, block: Block) -> None:
        self.database.unlink(missing_ok=True)
        self._query(block)

    def _query(self, block: Block) -> None:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.executescript(block.text)

    def _fold(self, block: Block) -> None:
        """Fold with the parts, and back; what was said is what became of the rows, or the refusal."""
        versions = self.folder / "migrations" / "versions"
        versions.mkdir(parents=True, exist_ok=True)
        (self.folder / "alembic.ini").write_text(_INI, "utf-8")
        (versions.parent / "env.py").write_text(ENVIRONMENT_LINES.replace("target_metadata", "None"), "utf-8")
        made = _REVISION.format(url=f"sqlite:///{self.database}", spec=_arguments(block.text))
        (versions / "0001_fold.py").write_text(made, "utf-8")
        before, config = self._rows(), Config(str(self.folder / "alembic.ini"))
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            try:
                command.upgrade(config, "head")
                self.said = "".join(_changes(before, self._rows()))
                command.downgrade(config, "base")
            except CommandError as error:
                self.said = f"FAILED: {error}\n"
        if before != self._rows():
            raise Untrue(f"the rows are not as they were:\n{''.join(_changes(before, self._rows()))}")

    def _compare(self, block: Block) -> None:
        if not OutputChecker().check_output(block.text, self.said, ELLIPSIS):
            raise Untrue(f"the page shows\n{block.text}and it is\n{self.said}")

    def _rows(self) -> _Rows:
        with closing(sqlite3.connect(self.database)) as connection:
            tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid"
            names = [name for (name,) in connection.execute(tables) if not name.startswith(("rekey_", "alembic_"))]
            return {name: _rows_of(connection, name) for name in names}


def _arguments(text: str) -> str:
    """Return the arguments of a spec that has these parts."""
    given: dict[str, list[str]] = {}
    for node in ast.parse(text).body:
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            raise Untrue("a spec is shown as its parts: Identity(…), Slots(…), References(…), Tags(…), Check(…)")
        given.setdefault(ast.unparse(node.value.func), []).append(ast.unparse(node.value))
    (identity,) = given.pop("Identity")
    parts = [f"{_FIELDS[kind]}=({', '.join(made)},)" for kind, made in given.items()]
    return ", ".join([f"identity={identity}", *parts])


def _rows_of(connection: sqlite3.Connection, table: str) -> dict[str, dict[str, object]]:
    """Return the rows of a table by their keys, as text."""
    cursor = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # a name of the page's own tables
    names = [told[0] for told in cursor.description]
    keys = [name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?) WHERE pk", (table,))]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    return {"/".join(str(row[name]) for name in keys or names[:1]): row for row in rows}


def _changes(before: _Rows, after: _Rows) -> Iterator[str]:
    """Yield what became of the rows, by table: `-` gone, `~` changed, `+` created."""
    for table, old in before.items():
        new = after[table]
        lines = [_change(key, old.get(key, {}), new.get(key, {})) for key in {**old, **new}]
        if any(lines):
            yield f"{table}\n"
            yield from (f"  {line}\n" for line in lines if line)


def _change(key: str, old: Mapping[str, object], new: Mapping[str, object]) -> str:
    if not old or not new:
        row = ", ".join(f"{name} {value!r}" for name, value in {**old, **new}.items() if value is not None)
        return f"{'-' if old else '+'} {key}: {row}"
    said = ", ".join(f"{name} {old[name]!r} -> {value!r}" for name, value in new.items() if old[name] != value)
    return f"~ {key}: {said}" if said else ""

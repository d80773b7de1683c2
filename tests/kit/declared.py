"""A project of two revisions for whatever schema a test is about: side tables, and one fold that the test declares.

The tables are declared as the database has them (reflected when the project is made), so a test says its
schema once, in SQL, and its spec as the text that a person would write into a revision.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import MetaData, create_engine
from sqlalchemy.sql.sqltypes import NullType

from commands import Said, rekey_with
from databases import Database
from examples import Ended, alembic_here

__all__ = ["ENVIRONMENT", "INI", "REVISION", "Declared", "declared", "frozen"]

INI = """\
[alembic]
script_location = %(here)s/migrations
path_separator = os
rekey.registry = %(here)s/names.json
rekey.report_dir = %(here)s/reports
"""
ENVIRONMENT = """\
from alembic_rekey.environment import run

run(None)
"""
REVISION = '''\
"""{title}"""
from alembic import op
import sqlalchemy as sa
import alembic_rekey.operations
from alembic_rekey import *
revision = {revision!r}
down_revision = {down!r}
branch_labels = None
depends_on = None
'''
_SIDE_TABLES = """\
def spec():
    # A test may write another spec into the fold.
    return runpy.run_path(str(pathlib.Path(__file__).with_name("0002_fold.py")))["spec"]
def upgrade():
    op.create_side_tables(spec())
def downgrade():
    op.drop_side_tables(spec())
"""
_FOLD = """\
def upgrade():
    op.rekey(spec)
def downgrade():
    op.restore(spec)
"""


@dataclass(frozen=True)
class Declared:
    """A project on one database: what an operator does with it, in this process."""

    database: Database
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "alembic.ini"

    @property
    def reports(self) -> list[Path]:
        """The reports that were published."""
        return sorted((self.folder / "reports").glob("*.json"))

    def alembic(self, *arguments: str, **x: object) -> Ended:
        return alembic_here(*arguments, config=self.config, **{"url": self.database.url, **x})

    def upgrade(self, revision: str = "head", **x: object) -> Ended:
        return self.alembic("upgrade", revision, **x)

    def downgrade(self, revision: str = "0001", **x: object) -> Ended:
        return self.alembic("downgrade", revision, **x)

    def script(self, revision: str = "head", way: str = "upgrade", **x: object) -> bytes:
        """The script of `alembic upgrade|downgrade REVISION --sql`."""
        ended = self.alembic(way, revision, "--sql", **x)
        assert (0, "") == (ended.code, "\n".join(line for line in ended.err.splitlines() if "INFO" not in line)), ended
        return ended.out.encode("ascii")

    def goes(self, way: str, direction: str = "upgrade", **x: object) -> None:
        """Asserts that the way there or back is gone, online or by script."""
        there = direction == "upgrade"
        if way == "online":
            ended = self.upgrade(**x) if there else self.downgrade(**x)
            assert 0 == ended.code, ended.err
        else:
            # Nothing happens where the side tables are there.
            assert not there or 0 == self.upgrade("0001").code
            where = ("0001:head",) if there else ("0002:0001", "downgrade")
            ran = self.database.run_script(self.script(*where, **x))
            assert 0 == ran.returncode, ran.stderr

    def rekey(self, *arguments: str, **x: object) -> Said:
        """`alembic-rekey` with these arguments."""
        settings = {"url": self.database.url, **x}
        given = [word for name, value in settings.items() for word in ("-x", f"{name}={value}")]
        return rekey_with("-c", str(self.config), *given, *arguments)

    def check(self, **x: object) -> Said:
        """`alembic-rekey plan --check`."""
        return self.rekey("plan", "--check", **x)


def declared(
    database: Database,
    folder: Path,
    definitions: str,
    spec: str,
    tables: Iterable[str],
    *,
    names: Mapping[str, Iterable[str]],
    types: Mapping[str, str] | None = None,
) -> Declared:
    """Makes the schema and the project; `spec` is Python text in which each of `tables` stands as `t[name]`.

    The first of `tables` is the identity; one in a schema is named `schema.table`. `names` are the registry's projects
    with their aliases. `types` says for `table.column` another type than the database tells, as text (`sa.Integer`).
    """
    database.execute(definitions)
    places = [tuple([None, *name.split(".", 1)][-2:]) for name in tables]
    project = folder / "declared"
    versions = project / "migrations" / "versions"
    versions.mkdir(parents=True)
    (project / "alembic.ini").write_text(INI, "utf-8")
    (project / "migrations" / "env.py").write_text(ENVIRONMENT, "utf-8")
    registry = {"projects": [{"id": name, "aliases": list(aliases)} for name, aliases in names.items()]}
    (project / "names.json").write_text(json.dumps(registry), "utf-8")
    tables_as_text = frozen(database, places, types or {})
    first = REVISION.format(title="side tables", revision="0001", down=None)
    (versions / "0001_side.py").write_text(f"{first}import pathlib, runpy\n{_SIDE_TABLES}", "utf-8")
    fold = f"{REVISION.format(title='fold', revision='0002', down='0001')}{tables_as_text}spec = {spec}\n{_FOLD}"
    (versions / "0002_fold.py").write_text(fold, "utf-8")
    return Declared(database, project)


def frozen(database: Database, places: Iterable[tuple[str | None, str]], types: Mapping[str, str]) -> str:
    """The tables as text: every column with the plain type that the database tells."""
    engine = create_engine(database.url)
    lines = ["meta = sa.MetaData()", "t = {}"]
    for schema, name in places:
        found = MetaData()
        found.reflect(engine, schema=schema, only=[name], resolve_fks=False, views=True)
        (table,) = (one for one in found.tables.values() if one.name == name)
        columns = []
        for known in table.columns:
            plain = "sa.Text" if isinstance(known.type, NullType) else _plain(known.type)
            columns.append(f"sa.Column({known.name!r}, {types.get(f'{name}.{known.name}', plain)})")
        lines.append(f"t[{name!r}] = sa.Table({name!r}, meta, {', '.join(columns)}, schema={schema!r})")
    engine.dispose()
    return "\n".join(lines) + "\n"


def _plain(type_: object) -> str:
    """The type as a person would write it: `sa.Integer`, with its arguments where they matter."""
    generic = type_.as_generic(allow_nulltype=True)  # type: ignore[attr-defined]  # every type that reflection finds has it
    return "sa.Text" if isinstance(generic, NullType) else f"sa.{generic!r}"

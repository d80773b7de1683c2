"""The ground of a claim: a database with rows, and a project of its own with one revision that folds by a spec."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine, NullPool, Select, column, func, inspect, literal_column, select, table
from sqlalchemy.engine import create_engine, make_url
from sqlalchemy.schema import MetaData, PrimaryKeyConstraint, Table
from sqlalchemy.types import DateTime, NullType

from alembic_rekey.errors import CommandRefused
from alembic_rekey.plan.rules import Action
from alembic_rekey.project.configuration import settings_of
from alembic_rekey.project.folds import Folds
from alembic_rekey.report.rows import title_of
from alembic_rekey.review.dry_run import dry_runs
from alembic_rekey.show.listing import listed
from alembic_rekey.spec import Part, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.session import Session
from alembic_rekey.sql.side_tables import is_side_table, runs

__all__ = ["Ground", "Names", "Rows", "claimed"]

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rows by table, each row's values by column; they are written in this order."""

Names = Mapping[str, Sequence[str]]
"""The registry: the aliases of each canonical name."""

Stored = dict[str, list[dict[str, Any]]]
"""Rows by table, as a driver gives them."""

Acts = dict[str, dict[Any, str]]
"""What a plan does with rows, by table and key."""

VERSIONS = "rekey_claim"
_FILES = {
    "env.py": f"""\
import alembic_rekey.operations
from alembic_rekey.environment import run

run(version_table={VERSIONS!r})
""",
    "versions/claim.py": """\
from alembic import op
from alembic_rekey.project.ground import claimed

spec = claimed()
revision, down_revision = spec.revision, None


def upgrade():
    op.create_side_tables(spec)
    op.rekey(spec)


def downgrade():
    op.restore(spec)
""",
}
_CLAIMED: ContextVar[Spec] = ContextVar("_CLAIMED")


def claimed() -> Spec:
    """Return the spec that is claimed about just now: the revision of a claim asks."""
    return _CLAIMED.get()


class Ground:
    """A database with rows, and a project with one fold, for the length of a claim."""

    def __init__(self, spec: Spec, engine: Engine, folder: Path) -> None:
        self.spec, self.engine, self.folder = spec, engine, folder
        asked = inspect(engine)
        self.there = {*asked.get_table_names()}
        with engine.connect() as connection:
            newest = select(func.max(runs.c.id))
            self.last = (connection.execute(newest).scalar() if runs.name in self.there else None) or 0
        self.made = MetaData()
        for part in spec.parts:
            if not asked.has_table(part.table.name, part.table.schema):
                copy = part.table.to_metadata(self.made)
                if not copy.primary_key.columns:
                    copy.append_constraint(PrimaryKeyConstraint(*(copy.c[str(known.name)] for known in part.keys)))
        self.laid: list[Table] = []
        self.before: Stored = {}
        (folder / "migrations" / "versions").mkdir(parents=True)
        for name, text in _FILES.items():
            (folder / "migrations" / name).write_text(text, "utf-8")
        self.config = Config()
        self.config.attributes["connection"] = engine
        for name, place in (("script_location", "migrations"), ("rekey.registry", "names"), ("rekey.report_dir", "r")):
            self.config.set_main_option(name, str(folder / place).replace("%", "%%"))

    @classmethod
    @contextmanager
    def with_rows(cls, spec: Spec, rows: Rows, names: Names | None, given: Engine | None) -> Iterator[Ground]:
        """Lay the ground, and clear it afterwards.

        Raises:
            CommandRefused: if the engine is of a database whose tables hold rows.
        """
        token = _CLAIMED.set(spec)
        try:
            with TemporaryDirectory() as folder:
                engine = given or create_engine(f"sqlite:///{folder}/claim.db", poolclass=NullPool)
                entries = [{"id": name, "aliases": list(aliases)} for name, aliases in (names or {}).items()]
                Path(folder, "names").write_text(json.dumps({spec.identity.listed: entries}), "utf-8")
                ground = cls(spec, engine, Path(folder))
                try:
                    ground._lay(rows)
                    yield ground
                finally:
                    ground._clear()
        finally:
            _CLAIMED.reset(token)

    @property
    def in_memory(self) -> bool:
        """Whether all there is of the database is one connection."""
        return self._session.is_one_connection(self.engine.url)

    @property
    def _session(self) -> Session:
        return database(self.engine.dialect.name).session

    def _lay(self, rows: Rows) -> None:
        schemas = {part.table.name: part.table.schema for part in self.spec.parts}
        with self.engine.begin() as connection:
            self.made.create_all(connection)
            for name in {**rows, **schemas}:
                stored = Table(name, MetaData(), schema=schemas.get(name), autoload_with=connection, resolve_fks=False)
                if connection.execute(select(literal_column("1")).select_from(stored).limit(1)).first():
                    raise CommandRefused(f"{name} holds rows.", "claim it on a database whose tables are empty.")
                self.laid.append(stored)
            for stored in self.laid:
                for row in rows.get(stored.name, ()):
                    # A text is written as it is, whatever the column's type: legacy rows hold such texts.
                    types = {name: NullType() if isinstance(row[name], str) else stored.c[name].type for name in row}
                    plain = table(stored.name, *(column(*typed) for typed in types.items()), schema=stored.schema)
                    connection.execute(plain.insert().values(**row))
            if self.spec.identity.database_makes_keys:
                self._session.number_on(connection, self.spec.identity.keys[0])
        self.before = self.stored()

    def _clear(self) -> None:
        if not self.laid:
            return
        gone = MetaData()
        with self.engine.begin() as connection:
            for stored in reversed(self.laid):
                connection.execute(stored.delete())
            gone.reflect(connection, only=lambda name, _: name not in self.there and name not in self.made.tables)
            gone.drop_all(connection)
            self.made.drop_all(connection)
            for name in filter(is_side_table, self.there):
                ours = Table(name, MetaData(), autoload_with=connection)
                run = next(ours.c[of] for of in ("run_id", "rekey_run", "id") if of in ours.c)
                connection.execute(ours.delete().where(run > self.last))

    def run(self, told: Callable[..., object], *arguments: Any, **named: Any) -> None:
        """Run one of Alembic's commands; a refusal is a claim that fails."""
        try:
            told(self.config, *arguments, **named)
        except CommandError as failed:
            raise AssertionError(str(failed)) from None

    def planned(self) -> tuple[Acts, Sequence[str]]:
        """Return what the plan does with each row, and what else an upgrade would refuse over."""
        versions = table(VERSIONS, column("version_num"))
        settings = settings_of(self.config)
        if self.in_memory:
            # A plan reads through a connection of its own.
            settings = replace(settings, url=make_url(f"sqlite:///{self.folder}/copy.db"))
            with closing(sqlite3.connect(f"{self.folder}/copy.db")) as copy, self.engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.backup(copy)
        made = dry_runs(settings, Folds(self.config).pending, versions, None, self.engine)[0]
        acts = {part.table.name: dict(_acts(made.path, part)) for part in self.spec.parts}
        return {table: found for table, found in acts.items() if found}, [
            finding.sentence for finding in made.integrity
        ]

    def run_script(self) -> None:
        """Write the script of the upgrade, and hand it to the driver as a whole."""
        self.config.output_buffer = written = io.StringIO()
        self.run(command.upgrade, "head", sql=True)
        script = "".join(line for line in written.getvalue().splitlines(keepends=True) if not line.startswith("."))
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            driver: Any = connection.connection.driver_connection
            if not self.in_memory:
                # What the script sets for its session goes with it.
                connection.detach()
            self._session.run_whole(driver, script)

    def stored(self) -> Stored:
        """Return the rows of the spec's tables and of those that were there, as the driver gives them."""
        others = {name: table(name) for name in self.there if not is_side_table(name)}
        asked = {**others, **{laid.name: laid for laid in self.laid}}
        every: Select[Any] = select(literal_column("*"))
        with self.engine.connect() as connection:
            return {
                name: sorted(map(dict, connection.execute(every.select_from(one)).mappings()), key=repr)
                for name, one in asked.items()
            }

    def told(self) -> Stored:
        """Return the rows with a word for what only the run knows: its time, and the keys of rows that it creates."""
        after, identity = self.stored(), self.spec.identity
        name, key = identity.table.name, str(identity.keys[0].name)
        made = {row[key] for row in after[name]} - {row[key] for row in self.before[name]}
        made = made if identity.database_makes_keys else set()
        stamped = {part.table.name: {str(stamp.name) for stamp in part.times} for part in self.spec.parts}
        leading = {part.table.name: {str(one.name) for one in part.owner_columns} for part in self.spec.parts}
        leading[name].add(key)
        for laid in self.laid:
            times = stamped.get(laid.name, set()) | {one.name for one in laid.c if isinstance(one.type, DateTime)}
            seen = {(of, row[of]) for row in self.before[laid.name] for of in times}
            for row in after[laid.name]:
                row.update({of: "the run's time" for of in times if (of, row[of]) not in seen})
                row.update({of: "a created key" for of in leading.get(laid.name, ()) if row[of] in made})
            after[laid.name].sort(key=repr)
        return after


def _acts(report: Path, part: Part) -> Iterator[tuple[Any, str]]:
    for action in Action:
        if action is not Action.KEEP:
            for entry in listed(report, title_of(part), action):
                values = tuple(entry["before"][str(known.name)] for known in part.keys)
                key = values[0] if len(values) == 1 else values
                yield (entry["canonical"] if action is Action.CREATE else key), str(action)

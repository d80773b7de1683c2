"""The two databases that every claim is tested on, reached through their raw drivers and real shells.

Nothing here goes through SQLAlchemy or Alembic: what the software under test did is read back by other means.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

import snapshots
from server import PATIENCE_SECONDS, Server, clean_environment

__all__ = ["DIALECTS", "Database", "PostgreSQLDatabase", "SQLiteDatabase", "sqlite_shell"]

DIALECTS = ("sqlite", "postgresql")
SHOWN_AS_THEY_ARE = ("int2", "int4", "int8", "float4", "float8", "bool")
"""PostgreSQL types that `Database.table` does not cast to text."""
BESIDE_SCHEMAS = (
    ("PUBLICATION", "pg_publication", "pubname"),
    ("FOREIGN DATA WRAPPER", "pg_foreign_data_wrapper", "fdwname"),
)
"""What a database of PostgreSQL has outside of every schema: its kind, its catalog and what names it there."""
BEGUN_WITH = "SELECT name FROM pg_settings WHERE source = 'database'"
"""What a session was given by its database, and keeps when that has it no more."""


def sqlite_shell() -> Path:
    """The program `sqlite3`: the machine's, else the one that the wheel `apsw` ships, which is newer."""
    installed = None if os.environ.get("REKEY_SQLITE") else shutil.which("sqlite3")
    if installed is not None:
        return Path(installed)
    wheel = find_spec("apsw")
    if wheel is None or wheel.origin is None:
        raise FileNotFoundError("no sqlite3 shell; the wheel apsw has one: pip install -e '.[test]'")
    return Path(wheel.origin).parent / "sqlite_extra_binaries" / "sqlite3_shell"


class Database(ABC):
    """One database of a test: where it is, what is in it, and how to run a script on it."""

    dialect: str
    placeholder: str
    """What stands for a parameter in `execute` and `rows`."""
    url: str

    @abstractmethod
    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of one query."""

    @abstractmethod
    def execute(self, statement: str, parameters: Sequence[object] = ()) -> None:
        """Runs a statement, or several without parameters; each is committed at once."""

    @abstractmethod
    def insert(self, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Inserts rows in one transaction; each may name columns of its own."""

    @abstractmethod
    def table(self, name: str) -> list[dict[str, Any]]:
        """Every row of a table as it is stored, in a fixed order."""

    @abstractmethod
    def stored(self, value: object) -> object:
        """What `table` shows for a value that was inserted."""

    @abstractmethod
    def snapshot(self) -> object:
        """Equals another snapshot if neither the schema nor any row differs."""

    @abstractmethod
    def reset(self) -> None:
        """Empties the database to nothing, quickly."""

    @abstractmethod
    def run_script(self, script: bytes, *, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
        """Runs a script through the database's own shell, as an operator does."""

    @abstractmethod
    def tables(self) -> set[str]:
        """The names of all tables."""

    @abstractmethod
    def close(self) -> None:
        """Gives back what the database holds."""

    def _insertion(self, table: str, row: Mapping[str, object]) -> str:
        columns = ", ".join(f'"{column}"' for column in row)
        marks = ", ".join(self.placeholder for _ in row)
        return f'INSERT INTO "{table}" ({columns}) VALUES ({marks})'


class SQLiteDatabase(Database):
    """A file; it need not exist."""

    dialect = "sqlite"
    placeholder = "?"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with closing(self._connect(mode="ro")) as connection:  # reading must not make a file
            return connection.execute(statement, parameters).fetchall()

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> None:
        with closing(self._connect()) as connection:
            if parameters:
                connection.execute(statement, parameters)
            else:
                connection.executescript(statement)

    def insert(self, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        with closing(self._connect()) as connection:
            connection.execute("BEGIN")
            for row in rows:
                connection.execute(self._insertion(table, row), tuple(row.values()))
            connection.execute("COMMIT")

    def table(self, name: str) -> list[dict[str, Any]]:
        with closing(self._connect(mode="ro")) as connection:
            found = connection.execute(f'SELECT * FROM "{name}"')
            columns = [column[0] for column in found.description]
            return [dict(zip(columns, row, strict=True)) for row in snapshots.in_order(found.fetchall())]

    def stored(self, value: object) -> object:
        return value

    def snapshot(self) -> object:
        return snapshots.of_file(self.path)

    def reset(self) -> None:
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def run_script(self, script: bytes, *, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sqlite_shell(), self.path],
            input=script,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            env=clean_environment(env),
            check=False,
        )

    def tables(self) -> set[str]:
        if not self.path.exists():
            return set()
        return {name for (name,) in self.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")}

    def close(self) -> None:
        """Holds nothing: every connection ends with its call."""

    def _connect(self, *, mode: str = "rwc") -> sqlite3.Connection:
        made = sqlite3.connect(f"{self.path.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=10)
        made.execute("PRAGMA synchronous = OFF")  # what a test prepares need not outlive a power cut
        return made


class PostgreSQLDatabase(Database):
    """A database of the test server; created here, dropped by `close`."""

    dialect = "postgresql"
    placeholder = "%s"

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name
        self.url = server.create_database(name)

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, parameters or None).fetchall()

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> None:
        self._connection.execute(statement, parameters or None)

    def insert(self, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        with self._connection.transaction():
            for row in rows:
                self._connection.execute(self._insertion(table, row), tuple(row.values()))

    def table(self, name: str) -> list[dict[str, Any]]:
        columns = self.rows(
            "SELECT attname, typname FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            (f'"{name}"',),
        )
        names = [name for name, _ in columns]
        casts = [sql.SQL("{}" if kind in SHOWN_AS_THEY_ARE else "{}::text") for _, kind in columns]
        shown = [cast.format(sql.Identifier(name)) for cast, name in zip(casts, names, strict=True)]
        query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(shown), sql.Identifier(name))
        found = self._connection.execute(query).fetchall()
        return [dict(zip(names, row, strict=True)) for row in snapshots.in_order(found)]

    def stored(self, value: object) -> object:
        if not isinstance(value, datetime):
            return value
        whole, _, fraction = f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}".partition(".")
        return f"{whole}.{fraction}".rstrip("0").rstrip(".") + "+00"

    def snapshot(self) -> object:
        return snapshots.of_connection(self._connection)

    def reset(self) -> None:
        # A session keeps what it began with.
        self.execute("SET default_transaction_read_only = off")
        self._connection.execute(sql.SQL("ALTER DATABASE {} RESET ALL").format(sql.Identifier(self.name)))
        if self.rows(BEGUN_WITH):
            self.disconnect()
        for (schema,) in self.rows(f"SELECT nspname FROM pg_namespace WHERE oid IN {snapshots.OWN}"):
            self._connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
        for kind, catalog, name in BESIDE_SCHEMAS:
            for (found,) in self.rows(f"SELECT {name} FROM {catalog}"):
                self._connection.execute(sql.SQL(f"DROP {kind} {{}} CASCADE").format(sql.Identifier(found)))
        self.execute("CREATE SCHEMA public")
        if self._connection.info.server_version >= 150_000:
            self.execute("ALTER SCHEMA public OWNER TO pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC")
        else:
            self.execute("GRANT ALL ON SCHEMA public TO PUBLIC")

    def run_script(self, script: bytes, *, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
        return self.server.psql(self.url, script, env=env)

    def tables(self) -> set[str]:
        return {name for (name,) in self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}

    def disconnect(self) -> None:
        """Ends the session of this object; the next statement begins another."""
        connection = self.__dict__.pop("_connection", None)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        self.disconnect()
        self.server.drop_database(self.name)

    @cached_property
    def _connection(self) -> psycopg.Connection:
        address = self.url.replace("+psycopg", "", 1)
        # UTC, so that times read back are comparable as text whatever the server's zone is.
        return psycopg.connect(address, autocommit=True, connect_timeout=10, options="-c TimeZone=UTC")

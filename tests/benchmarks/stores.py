"""Where the measured databases are: filled once per size and kept, copied for every measurement."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from cpu import family_seconds, parent_of
from data import NAMES_PER_ENTRY, registered
from distance import Distance
from schemas import Schema
from sqlalchemy import make_url

import server
from databases import PostgreSQLDatabase, SQLiteDatabase, sqlite_shell
from partitions import partition

__all__ = [
    "CACHE",
    "DistantStore",
    "PartitionedStore",
    "PostgreSQLStore",
    "SQLiteStore",
    "Store",
    "registry_for",
    "registry_of",
]

CACHE = Path(tempfile.gettempdir(), "rekey-benchmark")

SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "work_mem": "4MB",
    "max_wal_size": "4GB",
    "autovacuum": "off",
}
"""PostgreSQL's defaults, but for autovacuum, which would fall on one way and not on another (the rows are
ANALYZEd beforehand, as it would have done), and max_wal_size, so that no checkpoint does."""

ROUND_TRIP_SECONDS = 0.0005
"""What `DistantStore` adds: as much as between two machines of one data centre, in different zones."""
ROUND_TRIPS = 200

RUN_STARTS = "2026-01-01"
"""Every time in the data is older, every run's is newer: a run's own time is no difference."""


def registry_for(schema: Schema, rows: int) -> Path:
    """The registry file of the data of one size."""
    return CACHE / f"{schema.prefixed('registry')}-{rows}.json"


def registry_of(names: int) -> Path:
    """A registry file of that many names, none of which a row has."""
    path = CACHE / f"names-{names}.json"
    CACHE.mkdir(mode=0o755, exist_ok=True)
    write_registry(path, registered(names // NAMES_PER_ENTRY))
    return path


def write_registry(path: Path, entries: Mapping[str, Sequence[str]]) -> None:
    """Writes a registry file."""
    listed = [{"id": canonical, "aliases": aliases} for canonical, aliases in entries.items()]
    path.write_text(json.dumps({"projects": listed}))


def _columns(columns: Sequence[str], stamp: str) -> str:
    """The columns to compare; a time of the run counts as `run`."""
    shown = []
    for column in columns:
        if column.endswith("_at"):
            column = f"CASE WHEN {column} >= '{RUN_STARTS}' THEN 'run' ELSE {stamp.format(column)} END"
        shown.append(column)
    return ", ".join(shown)


class Store(ABC):
    """The databases of one kind."""

    dialect: str
    about: str
    shell: Sequence[Path | str]

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    @abstractmethod
    def has(self, name: str) -> bool:
        """Whether a database of that name is kept."""

    @abstractmethod
    def fill(self, name: str, data: Any) -> None:
        """Makes a database with the rows of `data`."""

    @abstractmethod
    def copy(self, name: str, copy: str) -> str:
        """Makes `copy` a fresh copy of the database `name`; its URL."""

    @abstractmethod
    def drop(self, name: str) -> None:
        """Deletes a database."""

    @abstractmethod
    def size(self, name: str) -> int:
        """Bytes of a database."""

    @abstractmethod
    def written(self) -> int:
        """Bytes of write-ahead log since the beginning of time; 0 where processes write for themselves."""

    @abstractmethod
    def cpu(self) -> float:
        """CPU seconds of the server since it was started; 0 where processes work for themselves."""

    @abstractmethod
    def checksum(self, name: str) -> dict[str, object]:
        """Per table: the same for the same rows, the run's own times aside."""

    def filled(self, rows: int) -> str:
        """The name of the database with the data of one size, made now unless it is kept."""
        name, registry = self.schema.prefixed(f"rows_{rows}"), registry_for(self.schema, rows)
        if not self.has(name) or not registry.exists():
            CACHE.mkdir(mode=0o755, exist_ok=True)
            data = self.schema.data(rows)
            write_registry(registry, data.registry)
            self.fill(name, data)
        return name


class SQLiteStore(Store):
    """Files below the temporary folder; they stay for the next run."""

    dialect = "sqlite"
    shell = (sqlite_shell(),)

    def __init__(self, schema: Schema) -> None:
        super().__init__(schema)
        self.about = f"SQLite {sqlite3.sqlite_version}, file, journal_mode delete, synchronous full, default page cache"

    def path(self, name: str) -> Path:
        return CACHE / f"{name}.db"

    def has(self, name: str) -> bool:
        return self.path(name).exists()

    def fill(self, name: str, data: Any) -> None:
        path = self.path(name).with_suffix(".new")
        path.unlink(missing_ok=True)
        self.schema.create(SQLiteDatabase(path))
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            for table, columns in self.schema.columns.items():
                marks = ", ".join("?" * len(columns))
                statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
                connection.executemany(statement, data.lines(table))
            connection.commit()
        path.rename(self.path(name))

    def copy(self, name: str, copy: str) -> str:
        self.drop(copy)
        shutil.copyfile(self.path(name), self.path(copy))
        return f"sqlite:///{self.path(copy)}"

    def drop(self, name: str) -> None:
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(f"{self.path(name)}{suffix}").unlink(missing_ok=True)

    def size(self, name: str) -> int:
        return self.path(name).stat().st_size

    def written(self) -> int:
        return 0

    def cpu(self) -> float:
        return 0.0

    def checksum(self, name: str) -> dict[str, object]:
        with closing(sqlite3.connect(self.path(name))) as connection:
            return {
                table: sum(map(hash, connection.execute(f"SELECT {_columns(columns, '{}')} FROM {table}")))
                for table, columns in self.schema.columns.items()
            }


class PostgreSQLStore(Store):
    """A server of the benchmark's own."""

    dialect = "postgresql"

    def __init__(self, schema: Schema) -> None:
        super().__init__(schema)
        server.SERVER_SETTINGS.update(SETTINGS)
        self.server = server.Server.start()
        self.shell = [server.wheel_folder() / "pginstall" / "bin" / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
        self._administration = psycopg.connect(self._address("postgres"), autocommit=True)
        self._postmaster = parent_of(self._administration.info.backend_pid)
        version = self._administration.info.server_version // 10_000
        self.about = f"PostgreSQL {version}, " + ", ".join(f"{name} {value}" for name, value in SETTINGS.items())

    def _address(self, name: str) -> str:
        return self.server.url(name).replace("+psycopg", "", 1)

    def has(self, name: str) -> bool:
        found = self._administration.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        return found.fetchone() is not None

    def fill(self, name: str, data: Any) -> None:
        database = PostgreSQLDatabase(self.server, name)
        self._create(database)
        with psycopg.connect(self._address(name), options="-c TimeZone=UTC", autocommit=True) as connection:
            for table, columns in self.schema.columns.items():
                with connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                    for line in data.lines(table):
                        copy.write_row(line)
            connection.execute("VACUUM ANALYZE")

    def _create(self, database: PostgreSQLDatabase) -> None:
        self.schema.create(database)

    def copy(self, name: str, copy: str) -> str:
        self.drop(copy)
        self._administration.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}" STRATEGY file_copy')
        self._administration.execute("CHECKPOINT")
        return self.server.url(copy)

    def drop(self, name: str) -> None:
        self.server.drop_database(name)

    def size(self, name: str) -> int:
        return self._administration.execute("SELECT pg_database_size(%s)", (name,)).fetchone()[0]

    def written(self) -> int:
        return int(self._administration.execute("SELECT pg_current_wal_lsn() - '0/0'").fetchone()[0])

    def cpu(self) -> float:
        return family_seconds(self._postmaster)

    def checksum(self, name: str) -> dict[str, object]:
        with psycopg.connect(self._address(name), options="-c TimeZone=UTC") as connection:
            return {
                table: connection.execute(
                    "SELECT count(*), sum(hashtextextended(r::text, 0))"
                    f" FROM (SELECT {_columns(columns, '{}::text')} FROM {table}) AS r"
                ).fetchone()
                for table, columns in self.schema.columns.items()
            }


class PartitionedStore(PostgreSQLStore):
    """The same with every table partitioned by hash."""

    dialect = "partitioned"

    def _create(self, database: PostgreSQLDatabase) -> None:
        super()._create(database)
        partition(database, "hash")


class DistantStore(PostgreSQLStore):
    """The same behind a network, as application and database mostly are: each round trip takes longer."""

    dialect = "distant"

    def __init__(self, schema: Schema) -> None:
        super().__init__(schema)
        self._distance = Distance(int(make_url(self.server.url("postgres")).port), ROUND_TRIP_SECONDS)
        seconds = self._round_trip()
        self.about += f"; behind a network, a round trip of SELECT 1 takes {seconds * 1000:.2f} ms"

    def _url(self, name: str) -> str:
        return make_url(self.server.url(name)).set(port=self._distance.port).render_as_string(hide_password=False)

    def copy(self, name: str, copy: str) -> str:
        super().copy(name, copy)
        return self._url(copy)

    def _round_trip(self) -> float:
        taken = []
        with psycopg.connect(self._url("postgres").replace("+psycopg", "", 1), autocommit=True) as connection:
            for _ in range(ROUND_TRIPS):
                begun = time.perf_counter()
                connection.execute("SELECT 1")
                taken.append(time.perf_counter() - begun)
        return median(taken)

"""The floor, the original's way and an ORM loop, each on a URL; what it took."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from cpu import cpu_seconds
from orm_loop import orm_loop
from row_by_row import row_by_row
from schemas import SCHEMAS

from alembic_rekey.names.registry import read_registry

__all__ = ["WAYS"]

Taken = dict[str, Any]


@contextmanager
def _connected(url: str) -> Iterator[Any]:
    if url.startswith("sqlite"):
        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    else:
        connection = psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True, options="-c TimeZone=UTC")
    try:
        yield connection
    finally:
        connection.close()


def _execute(connection: Any, statement: str, values: dict[str, Any]) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute(statement, values)
    else:
        connection.execute(re.sub(r"(?<!:):(\w+)", r"%(\1)s", statement), values if ":" in statement else None)


def _names(connection: Any, registry: Path) -> None:
    lines = [(name.key, name.canonical, name.identity) for name in read_registry(registry, "projects").names]
    connection.execute("CREATE TEMP TABLE names (key TEXT PRIMARY KEY, canonical TEXT, identity TEXT)")
    mark = "?" if isinstance(connection, sqlite3.Connection) else "%s"
    cursor = connection.cursor()
    cursor.executemany(f"INSERT INTO names VALUES ({mark}, {mark}, {mark})", lines)
    if mark == "%s":
        connection.execute("ANALYZE names")


def _now(connection: Any) -> Any:
    now = datetime.now(UTC)
    return f"{now:%Y-%m-%d %H:%M:%S.%f}" if isinstance(connection, sqlite3.Connection) else now


def _floor(url: str, statements: Sequence[str], registry: Path | None) -> Taken:
    taken = []
    with _connected(url) as connection:
        begun, cpu = time.perf_counter(), time.process_time()
        connection.execute("BEGIN")
        if registry is not None:
            _names(connection, registry)
        values = {"now": _now(connection)}
        for statement in [*statements, "COMMIT"]:
            before = time.perf_counter()
            _execute(connection, statement, values)
            taken.append((time.perf_counter() - before, statement))
        return {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu, "statements": taken}


def _dialect(url: str) -> str:
    return "sqlite" if url.startswith("sqlite") else "postgresql"


def _floor_up(schema: str, url: str, registry: Path) -> Taken:
    return _floor(url, SCHEMAS[schema].up[_dialect(url)], registry)


def _floor_down(schema: str, url: str, _registry: Path) -> Taken:
    with _connected(url) as connection:
        for statement in SCHEMAS[schema].save:
            connection.execute(statement)
        backend = None if url.startswith("sqlite") else connection.info.backend_pid
        saving = cpu_seconds(backend) if backend else 0.0
    taken = _floor(url, SCHEMAS[schema].back[_dialect(url)], None)
    # Whoever asks the server for its CPU seconds gets those of the saving too.
    return {**taken, "cpu": taken["cpu"] - saving}


def _in_python(way: Callable[..., None]) -> Callable[[str, str, Path], Taken]:
    def run(_schema: str, url: str, registry: Path) -> Taken:
        begun, cpu = time.perf_counter(), time.process_time()
        way(url, read_registry(registry, "projects"), datetime.now(UTC))
        return {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu, "statements": []}

    return run


WAYS: dict[str, Callable[[str, str, Path], Taken]] = {
    "floor": _floor_up,
    "floor-down": _floor_down,
    "rows": _in_python(row_by_row),
    "orm": _in_python(orm_loop),
}

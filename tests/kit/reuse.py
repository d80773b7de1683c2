"""Databases of PostgreSQL that serve one test after the other: to empty one takes a tenth of making one."""

from __future__ import annotations

import itertools
from contextlib import suppress

import psycopg

from databases import PostgreSQLDatabase
from server import Server

__all__ = ["Databases"]

MOST_TESTS = 40
"""Dead rows of the catalog slow a database down after some hundreds of tests."""

OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
AS_NEW = """
    SELECT (SELECT datacl::text FROM pg_database WHERE datname = current_database()),
        (SELECT string_agg(concat_ws(' ', nspname, nspowner::regrole, nspacl), ',' ORDER BY nspname)
            FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'),
        (SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase
            WHERE datname = current_database()),
        (SELECT count(*) FROM pg_default_acl), (SELECT count(*) FROM pg_extension),
        (SELECT count(*) FROM pg_event_trigger), (SELECT count(*) FROM pg_language), (SELECT count(*) FROM pg_cast),
        (SELECT count(*) FROM pg_am), (SELECT count(*) FROM pg_largeobject_metadata),
        (SELECT count(*) FROM pg_publication), (SELECT count(*) FROM pg_foreign_data_wrapper)
"""
"""What `reset` may leave behind: a database that differs here from a new one is not used again."""


class Databases:
    """Lends databases of one server, empty; each serves one test at a time."""

    def __init__(self, server: Server, named: str = "atocore") -> None:
        self._server = server
        self._named = named
        self._numbers = itertools.count(1)
        self._free: list[tuple[PostgreSQLDatabase, int, object]] = []
        self._lent: dict[str, tuple[int, object]] = {}

    def lend(self) -> PostgreSQLDatabase:
        """A database with nothing in it and nobody else connected."""
        if self._free:
            database, served, new = self._free.pop()
        else:
            database, served = PostgreSQLDatabase(self._server, f"{self._named}_{next(self._numbers)}"), 0
            new = database.rows(AS_NEW)
        self._lent[database.name] = (served + 1, new)
        return database

    def take_back(self, database: PostgreSQLDatabase) -> None:
        """Empties a database for the next test, or drops it where that is not all that it takes."""
        served, new = self._lent.pop(database.name)
        if served < MOST_TESTS and _emptied(database) and database.rows(AS_NEW) == new:
            self._free.append((database, served, new))
        else:
            database.close()

    def close(self) -> None:
        """Drops all that are not lent."""
        while self._free:
            self._free.pop()[0].close()


def _emptied(database: PostgreSQLDatabase) -> bool:
    with suppress(psycopg.Error):
        database.disconnect()
        database.rows(OTHERS)
        database.reset()
        return True
    return False

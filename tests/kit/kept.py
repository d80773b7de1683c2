"""A database as it stood at one moment, brought back by copying: a tenth of what it takes to come there again."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Protocol

from databases import Database, PostgreSQLDatabase, SQLiteDatabase
from server import Server

__all__ = ["Kept", "kept"]

numbers = itertools.count(1)


class Kept(Protocol):
    """What a database held; no other connection to it may be open."""

    def put_back(self, database: Database) -> None:
        """Makes `database`, of the same kind, what the one that was kept has been."""


@dataclass(frozen=True)
class Content:
    """The bytes of a file of SQLite."""

    content: bytes

    def put_back(self, database: Database) -> None:
        assert isinstance(database, SQLiteDatabase)
        database.reset()
        database.path.write_bytes(self.content)


@dataclass(frozen=True)
class Template:
    """A database of PostgreSQL that nobody connects to; it goes with its server."""

    server: Server
    name: str

    def put_back(self, database: Database) -> None:
        assert isinstance(database, PostgreSQLDatabase)
        database.close()
        self.server.create_database(database.name, template=self.name)


def kept(database: Database) -> Kept:
    """What `database` holds now."""
    if isinstance(database, SQLiteDatabase):
        return Content(database.path.read_bytes())
    assert isinstance(database, PostgreSQLDatabase)
    database.disconnect()
    template = Template(database.server, f"kept_{next(numbers)}")
    template.server.create_database(template.name, template=database.name)
    return template

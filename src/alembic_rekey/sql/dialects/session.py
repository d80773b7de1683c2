"""What a connection is told beside the statements of a run, as the interface that all databases have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Column, Connection, Engine

from alembic_rekey.errors import DatabaseFailed
from alembic_rekey.spec import Relation

__all__ = ["Preparing", "Session", "is_autocommit", "is_there"]

_HAND_OVER = "hand over an engine, or a connection that is in no transaction."


@dataclass(frozen=True)
class Preparing:
    """A connection that someone opened, while it is prepared for an upgrade."""

    connection: Connection
    called: str
    """What the database is called in messages."""
    lock_timeout: float
    """In seconds."""
    of_the_caller: bool
    """Whether the transaction is the caller's: there already, and theirs to end."""
    afterwards: ExitStack

    def put_back(self, put: Callable[..., Any], *given: Any, **named: Any) -> None:
        """Call `put` afterwards, unless the connection is gone by then, and with it what would be put back."""

        def unless_it_is_gone() -> None:
            if not self.connection.closed and not self.connection.invalidated:
                put(*given, **named)

        self.afterwards.callback(unless_it_is_gone)

    def refused(self, problem: str, remedy: str = _HAND_OVER) -> DatabaseFailed:
        """Return what says that no upgrade can be made through the connection."""
        return DatabaseFailed(self.called, problem, f"{remedy} Nothing was changed.")


def is_there(file: Path) -> bool:
    """Tell whether there is a file; True also where nobody may look, or none can have that name: opening it tells."""
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        pass
    return True


def is_autocommit(connection: Connection) -> bool:
    """Tell whether `connection` is in what `autocommit_block()` makes: no transaction, whatever SQLAlchemy calls it."""
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


class Session(ABC):
    """How one database is opened, read and led."""

    @abstractmethod
    def file(self, url: URL) -> Path | None:
        """Return the file behind the URL; None where there is none, as for a server, or where it cannot be told."""

    @abstractmethod
    def writing(self, url: URL, timeout: float) -> Engine:
        """Return an engine whose transactions exclude other writers and take DDL along; `timeout` is in seconds."""

    @abstractmethod
    def reading(self, url: URL, timeout: float, of_the_project: Engine | None) -> Engine:
        """Return an engine that cannot write, whose transactions see one state of the database, and that makes none.

        A server is reached as the project's own engine reaches it, if it has one.
        """

    @abstractmethod
    def prepare(self, preparing: Preparing) -> Callable[[Connection], None]:
        """Make a connection of someone else one for an upgrade; return what begins each of its transactions.

        Raises:
            DatabaseFailed: where the transaction that it is in cannot be one for an upgrade.
        """

    @abstractmethod
    def open_nothing_new(self, given: list[Any], named: Mapping[str, Any]) -> None:
        """Change what a driver is `given` to connect with, beside what is `named`, so that connecting makes nothing."""

    @abstractmethod
    def only_read(self, connection: Connection) -> None:
        """Keep the transactions of `connection` from writing, as far as the database itself can."""

    @abstractmethod
    def led_as(self, connection: Connection) -> Callable[[Connection], object] | None:
        """Return what leads names of a transaction where `connection` leads them; None where they lead nowhere else."""

    @abstractmethod
    def astray(self) -> list[Relation]:
        """Return what finds that a table made now would not outlive the session: `path`, that of its names."""

    @abstractmethod
    def number_on(self, connection: Connection, key: Column[Any]) -> None:
        """Let the database number its next row behind those that came with keys of their own."""

    @abstractmethod
    def run_whole(self, driver: Any, script: str) -> None:
        """Hand a script of many statements to the driver's own connection."""

    @abstractmethod
    def is_one_connection(self, url: URL) -> bool:
        """Tell whether all there is of the database at `url` is the connection to it."""

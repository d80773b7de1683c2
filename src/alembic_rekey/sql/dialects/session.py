"""What a connection is told beside the statements of a run, as the interface that all databases have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import URL, Column, Connection

__all__ = ["Session"]


class Session(ABC):
    """How one database is opened, read and led."""

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
    def number_on(self, connection: Connection, key: Column[Any]) -> None:
        """Let the database number its next row behind those that came with keys of their own."""

    @abstractmethod
    def run_whole(self, driver: Any, script: str) -> None:
        """Hand a script of many statements to the driver's own connection."""

    @abstractmethod
    def is_one_connection(self, url: URL) -> bool:
        """Tell whether all there is of the database at `url` is the connection to it."""

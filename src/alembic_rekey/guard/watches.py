"""Which tables changed, where a database counts its changes for all tables together: watches during a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.interface import Said
from alembic_rekey.sql.steps import Statement

__all__ = ["Watches"]


class Watches:
    """The watches of one upgrade; none where nothing can change unseen."""

    def __init__(self, setting: Sequence[Said] = (), taking_off: Sequence[Said] = ()) -> None:
        self._setting = tuple(setting)
        self._taking_off = tuple(taking_off)

    @classmethod
    def needed(cls, connection: Connection) -> Watches:
        """Return a watch on every table of the application, if the database can change rows by itself."""
        return cls(*database(connection.dialect.name).watches(connection))

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._setting)

    def set(self) -> Iterator[Statement]:
        """Yield what makes them."""
        return (Statement(*said) for said in self._setting)

    def taken_off(self) -> Iterator[Statement]:
        """Yield what takes them away: a connection that was handed over lives on."""
        return (Statement(*said) for said in self._taking_off)

"""What an answer keeps: a row by the name that it stands under, or by its own key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from alembic_rekey.names.answer_fields import ALIAS, CANONICAL, KEEP, ROW, name_of, row_texts
from alembic_rekey.names.json_file import kind_of
from alembic_rekey.names.matching import Name, shown
from alembic_rekey.names.registry import Registry
from alembic_rekey.spec import Slots

__all__ = ["Kept", "Known", "called_canonical"]


class Kept(NamedTuple):
    """What is kept: as written, the registered name for it, and the texts of the row's key where that is named."""

    keep: str
    alias: str | None
    row: tuple[str, ...] | None = None


def called_canonical(registry: Registry) -> set[str]:
    """Return the canonicals that have an alias called `canonical`: for them that word is no answer."""
    called = (name for name in registry.names if name.key == registry.key(CANONICAL))
    return {name.canonical for name in called if name.alias != name.canonical}


class Known:
    """The registered names, as answers write them."""

    def __init__(self, registry: Registry) -> None:
        """Look names up in `registry`."""
        self._key, self._names = registry.key, {name.key: name for name in registry.names}
        self._called_so = called_canonical(registry)

    def canonical(self, project: str | None) -> str | None:
        """Return the canonical of a name, None where nobody registered it."""
        name = None if project is None else self._names.get(self._key(project))
        return name.canonical if name else None

    def kept(self, said: object, canonical: str | None, slots: Slots, found: list[str]) -> Kept | None:
        """Return what is kept of the slots of `canonical`; None where nothing is said, or a fault is `found`."""
        if isinstance(said, Mapping):
            return self._named(said, canonical, slots, found)
        written = None if said is None else name_of(said, f".{KEEP}", found)
        if written is None:
            return None
        if written != CANONICAL:
            return Kept(written, self._alias(written, canonical))
        if canonical in self._called_so:
            found.append(
                f'.{KEEP}: {shown(canonical)} has an alias of that name: write {{"{ALIAS}": "{CANONICAL}"}} for its '
                "row, or the canonical name for the other one"
            )
        return Kept(written, canonical)

    def kept_by_key(self, said: object, slots: Slots, found: list[str]) -> Kept | None:
        """Return what is kept where nothing is registered, or names are not those of owners: a row by its own key."""
        if isinstance(said, Mapping):
            if ROW in said:
                # A key of several columns is kept as findings show it.
                return self._named(said, None, slots, found)
            found.append(f".{KEEP}: must be the key of a row, not {kind_of(said)}")
            return None
        written = None if said is None else name_of(said, f".{KEEP}", found)
        return None if written is None else Kept(written, written)

    def _named(self, said: Mapping[str, object], canonical: str | None, slots: Slots, found: list[str]) -> Kept | None:
        field, kept = ROW if ROW in said else ALIAS, None
        if field == ROW:
            row = row_texts(said, slots, found)
            kept = Kept(", ".join(row), ", ".join(row), row)
        elif (named := name_of(said.get(ALIAS), f".{KEEP}.{ALIAS}", found)) is not None:
            kept = Kept(named, self._alias(named, canonical))
        found += [f".{KEEP}.{other}: there is no such field" for other in said if other != field]
        return kept

    def _alias(self, written: str, canonical: str | None) -> str | None:
        name: Name | None = self._names.get(self._key(written))
        return name.alias if name and name.canonical == canonical else None

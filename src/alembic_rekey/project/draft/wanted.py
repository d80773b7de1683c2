"""What a person asked for on the command line: which rows, and how they are told to be one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alembic_rekey.errors import CommandRefused
from alembic_rekey.names.nearness import is_nearly
from alembic_rekey.review.schema.description import Described, Schema, called
from alembic_rekey.sql.dialects.survey import Place
from alembic_rekey.text.shown import shown

__all__ = ["Wanted", "column_named", "table_named", "target"]

_MOST_SHOWN = 12
_PART = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')


@dataclass(frozen=True)
class Wanted:
    """The options of `revision --fold`."""

    fold: str
    registered: str | None = None
    found: bool = False
    match: Sequence[str] = ()
    exact: bool = False
    within: Sequence[str] = ()
    survivor: Sequence[str] = ()
    most: Sequence[str] = ()
    promote: bool = False

    @property
    def finds(self) -> bool:
        """Whether duplicates are found in the data: so they are where rows are told to be one by an expression."""
        return self.found or bool(self.match)

    def refuse_contradictions(self) -> None:
        """Refuse options that do not go together.

        Raises:
            CommandRefused: where one of them would say nothing.
        """
        of_a_registry = [name for name in ("registered", "promote") if self.finds and getattr(self, name)]
        if of_a_registry:
            raise CommandRefused(
                f"--{of_a_registry[0]} is about the names of a registry, and --{'found' if self.found else 'match'} "
                "finds duplicates in the data.",
                "leave one of the two away.",
            )
        if self.match and self.exact:
            raise CommandRefused(
                "--match and --exact both say when two rows are one.",
                "leave --exact away, or match by the column itself: --match name.",
            )


def target(schema: Schema, wanted: Wanted) -> tuple[Described, str | None]:
    """Return the table and the name of the column that `TABLE.COLUMN` means; none where `TABLE` alone is matched.

    Raises:
        CommandRefused: where there is none, or several could be meant.
    """
    written = wanted.fold
    meant = [
        (described, columns)
        for place, columns in _splits(written)
        if (described := schema.tables.get(place)) and columns in {field.name for field in described.fields}
    ]
    if len(meant) == 1:
        return meant[0]
    if meant:
        could = ", ".join(f"the column {shown(name)} of {shown(called(known.place))}" for known, name in meant)
        raise CommandRefused(f"{shown(written)} could be {could}.", "write names in quotes: '\"a.b\".c'.")
    whole = next((schema.tables[place] for place in _places(written) if place in schema.tables), None)
    if whole is not None and wanted.match:
        return whole, None
    if whole is not None:
        raise CommandRefused(
            f"{shown(written)} names no column.",
            "name the column with the names, --fold TABLE.COLUMN; or say by what rows without one are equal: "
            "--match 'lower(email)'.",
        )
    tables = [described for place, _ in _splits(written) if (described := schema.tables.get(place))]
    if tables:
        names = [field.name for field in tables[0].fields]
        asked = _parts(written)[-1]
        raise _unknown(f"the table {shown(called(tables[0].place))} has no column {shown(asked)}", asked, names)
    raise _no_table(schema, ".".join(_parts(written)[:-1]) or written)


def _parts(written: str) -> list[str]:
    found = [(quoted or "").replace('""', '"') or bare for quoted, bare in _PART.findall(written)]
    return found or [written]


def _splits(written: str) -> Iterator[tuple[Place, str]]:
    """Yield every table and column that the text can mean: names may hold dots."""
    parts = _parts(written)
    for cut in range(1, len(parts)):
        column = ".".join(parts[cut:])
        yield (None, ".".join(parts[:cut])), column
        for schema in range(1, cut):
            yield (".".join(parts[:schema]), ".".join(parts[schema:cut])), column


def _places(written: str) -> Iterator[Place]:
    """Yield every table that the text can mean."""
    parts = _parts(written)
    yield None, ".".join(parts)
    yield from ((".".join(parts[:cut]), ".".join(parts[cut:])) for cut in range(1, len(parts)))


def table_named(schema: Schema, name: str) -> Described:
    """Return the table of that name.

    Raises:
        CommandRefused: where there is none.
    """
    found = next((schema.tables[place] for place in _places(name) if place in schema.tables), None)
    if found is None:
        raise _no_table(schema, name)
    return found


def column_named(described: Described, name: str) -> str:
    """Return `name`, which is that of a column.

    Raises:
        CommandRefused: where there is no such column.
    """
    names = [field.name for field in described.fields]
    bare = _parts(name)[-1] if name not in names else name
    if bare not in names:
        raise _unknown(f"the table {shown(called(described.place))} has no column {shown(name)}", name, names)
    return bare


def _no_table(schema: Schema, name: str) -> CommandRefused:
    return _unknown(f"the database has no table {shown(name)}", name, [called(place) for place in schema.tables])


def _unknown(problem: str, asked: str, names: Sequence[str]) -> CommandRefused:
    near = [name for name in names if is_nearly(name, asked)]
    listed = near or sorted(names)
    more = f" and {len(listed) - _MOST_SHOWN:,} more" if len(listed) > _MOST_SHOWN else ""
    told = ", ".join(shown(name) for name in listed[:_MOST_SHOWN])
    return CommandRefused(f"{problem}.", f"name one of these: {told}{more}." if listed else "name another database.")

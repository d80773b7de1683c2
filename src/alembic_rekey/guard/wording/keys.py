"""The words of the checks of keys, of the rows there are and of those that are created: part of `wording.WORDING`."""

from __future__ import annotations

from collections.abc import Mapping

from alembic_rekey.guard.wording.words import Wording

__all__ = ["KEY_WORDING"]

KEY_WORDING: Mapping[str, Wording] = {
    "key_not_unique": Wording(
        claim="the declared key tells the rows of each table apart",
        sentence="key {key!r} of {table} is carried by {rows} rows, so the declared key {column!r} does not tell rows "
        "apart",
        remedy="declare the column that does, or remove what is surplus; where a key has several columns, none of them "
        "alone is one.",
    ),
    "key_is_null": Wording(
        claim="every row has a key",
        sentence="{table}: {rows} rows have no value in the declared key {column!r}",
        remedy="declare the column that tells the rows apart, or give these rows a key.",
    ),
    "orphan_adopted": Wording(
        claim="no row refers to a row that is yet to be created",
        sentence="{table}: rows refer by {column!r} to {key!r}, the key that a created row of {parent} gets; they "
        "would become its own",
        remedy="delete these rows, or let them refer to a row that is there; then run the upgrade again.",
    ),
    "no_key_left": Wording(
        claim="the database has a key for each row that is created",
        sentence="{table}: the plan creates {rows} rows, and behind the last key the database has {left} more for the "
        "column {column!r}",
        remedy="rename an alias row instead, missing=Missing.PROMOTE, which takes no key; or make room: give the row "
        "with the highest key a lower one, and where the database remembers that, set it back (ALTER SEQUENCE … "
        "RESTART; with AUTOINCREMENT, UPDATE sqlite_sequence SET seq = …); on PostgreSQL a wider type gives room too "
        "(ALTER TABLE … ALTER COLUMN … TYPE bigint, ALTER SEQUENCE … AS bigint). Then run the upgrade again.",
    ),
}

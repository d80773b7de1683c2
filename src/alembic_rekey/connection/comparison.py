"""What `alembic check` and autogenerate compare: what a database lacks or forbids, never what it has or allows beyond.

A database that was adopted is older than the revisions. It serves the application as long as every declared
table, column and constraint is there and takes what the application writes; its own columns, tables and
indexes, a column that also takes NULL, a type that stores the same values are its own affair, and no revision
may take them away unasked. That is `ADOPTED`, for who asks for it; our own side tables are nobody's to drop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from alembic.autogenerate.rewriter import Rewriter
from alembic.operations.ops import AlterColumnOp, CreateForeignKeyOp, CreateUniqueConstraintOp
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    Connection,
    inspect,
)
from sqlalchemy.types import TypeEngine

from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.side_tables import is_side_table

__all__ = ["ADOPTED", "as_it_was_adopted", "beside_ours", "is_another_type", "is_declared"]


def beside_ours(configure: Mapping[str, Any]) -> dict[str, Any]:
    """Return what goes to `context.configure()` so that our side tables are not compared, whatever else is asked.

    A hook of the project's own is asked as well: what either leaves out is left out.
    """
    return {**configure, **{name: partial(hook, configure.get(name)) for name, hook in _HOOKS.items()}}


def _object(own: Callable[..., bool] | None, element: Any, name: str | None, kind: str, *more: Any) -> bool:
    return not _is_ours(name, kind) and (own is None or own(element, name, kind, *more))


def _name(own: Callable[..., bool] | None, name: str | None, kind: str, parents: Any) -> bool:
    return not _is_ours(name, kind) and (own is None or own(name, kind, parents))


_HOOKS: Mapping[str, Callable[..., bool]] = {"include_object": _object, "include_name": _name}


def _is_ours(name: str | None, kind: str) -> bool:
    return kind == "table" and name is not None and is_side_table(name)


def is_declared(_element: Any, _name: str | None, _kind: str, reflected: bool, compared_to: Any) -> bool:
    """Tell whether something is to be compared: not what the database has and the application does not declare.

    The hook `include_object` of Alembic; `compared_to` is None where one of the two sides does not have it.
    """
    return not (reflected and compared_to is None)


def is_another_type(
    context: MigrationContext, _found: Any, _declared: Any, found: TypeEngine[Any], declared: TypeEngine[Any]
) -> bool | None:
    """Return False where a column of the type `found` holds whatever `declared` holds; None leaves it to Alembic.

    The hook `compare_type` of Alembic.
    """
    return database(context.dialect.name).holds_alike(found, declared, context.dialect)


as_it_was_adopted = Rewriter()
"""Take out what the database has already in another form; the hook `process_revision_directives` of Alembic."""


@as_it_was_adopted.rewrites(AlterColumnOp)
def _stays_nullable(_context: MigrationContext, _revision: Any, change: AlterColumnOp) -> list[AlterColumnOp]:
    """Leave a column as it is that takes NULL besides what the application writes."""
    if change.modify_nullable is False:
        change.modify_nullable = None
    return [change] if change.has_changes() else []


@as_it_was_adopted.rewrites(CreateUniqueConstraintOp)
def _is_unique(
    context: MigrationContext, _revision: Any, change: CreateUniqueConstraintOp
) -> list[CreateUniqueConstraintOp]:
    """Take a unique index over all rows for the constraint that it is."""
    found = inspect(_connection(context)).get_indexes(change.table_name, schema=change.schema)
    whole = [index for index in found if index["unique"] and not _is_partial(index.get("dialect_options", {}))]
    return [] if any(set(index["column_names"]) == set(change.columns) for index in whole) else [change]


def _is_partial(options: Mapping[str, Any]) -> bool:
    return any(name.endswith("_where") for name in options)


@as_it_was_adopted.rewrites(CreateForeignKeyOp)
def _refers(context: MigrationContext, _revision: Any, change: CreateForeignKeyOp) -> list[CreateForeignKeyOp]:
    """Know a foreign key that SQLAlchemy reads in part only."""
    rules = [(change.kw.get(name) or "NO ACTION").upper() for name in ("ondelete", "onupdate")]
    pairs = zip(change.local_cols, change.remote_cols, strict=True)
    wanted = sorted((own, change.referent_table, other, *rules) for own, other in pairs)
    known = database(context.dialect.name).unread_foreign_keys(_connection(context), change.source_table)
    return [] if any(sorted(key) == wanted for key in known) else [change]


ADOPTED: Mapping[str, Any] = {
    "include_object": is_declared,
    "compare_type": is_another_type,
    "process_revision_directives": as_it_was_adopted,
}
"""What `run(target_metadata, **ADOPTED)` compares an adopted database by."""


def _connection(context: MigrationContext) -> Connection:
    connection = context.connection
    assert connection is not None, "Alembic compares with a database only"  # noqa: S101  # for mypy: never offline
    return connection

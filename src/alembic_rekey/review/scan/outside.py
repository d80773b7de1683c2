"""What every plan says of columns outside the specs: how many hold registered names, as far as a glance tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import monotonic

from sqlalchemy import Connection

from alembic_rekey.names.registry import Registry
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.review.scan.findings import Holding
from alembic_rekey.review.scan.names_held import names_held
from alembic_rekey.review.scan.scope import Folded, Scope
from alembic_rekey.review.schema.description import Schema
from alembic_rekey.review.schema.held import Looking
from alembic_rekey.review.schema.reading import read_schema
from alembic_rekey.spec import Spec

__all__ = ["outside_the_specs"]

_MOST_ROWS = 1_000
_SECONDS, _AT_ALL = 2.0, 10.0
"""A glance takes no longer, for a question and for all of them: `scan` takes its time."""


def outside_the_specs(
    connection: Connection, spec: Spec, declared: Sequence[Spec], registry: Registry, versions: str
) -> Iterator[str]:
    """Yield the line, if there is something to say: `declared` are all specs of the project."""
    if not registry.names:
        return
    looking, end = Looking(connection, _MOST_ROWS, _SECONDS), monotonic() + _AT_ALL
    found: set[tuple[str, str]] = set()
    folded = Folded(spec, registry, Names.handed_over(registry, connection.dialect.name))
    scope = Scope(Schema({}), looking, (spec, *declared))
    with looking.within_limits():
        scope = replace(scope, schema=read_schema(connection, [versions]))
    for described in scope.readable():
        if monotonic() > end:
            break
        holding = names_held(scope, folded, described)
        found |= {(each.table, each.column) for each in holding if isinstance(each, Holding) and not each.declared}
    if found:
        columns = (
            "1 column outside the spec holds" if len(found) == 1 else f"{len(found):,} columns outside the spec hold"
        )
        yield f"{columns} registered names: see alembic-rekey scan."

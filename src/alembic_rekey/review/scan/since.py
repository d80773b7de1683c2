"""The rows that were written under an alias since the last fold: by table, spelling, and day where a time tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Text, cast, func, inspect, null, select
from sqlalchemy.types import DateTime, String

from alembic_rekey.review.scan.findings import WrittenSince
from alembic_rekey.review.scan.scope import Folded, Naming, Scope
from alembic_rekey.review.schema.description import called
from alembic_rekey.sql.side_tables import aliases, runs
from alembic_rekey.sql.times import Day, Moment, written_time

__all__ = ["last_run", "written_since"]

_MADE = re.compile(r"(created?|inserted)_?(at|on|time)?", re.IGNORECASE)


def last_run(scope: Scope, folded: Folded) -> int | None:
    """Return the last run that folded this identity and stands: before one, every alias is still to be folded."""
    connection = scope.looking.connection
    if not inspect(connection).has_table(runs.name):
        return None
    standing = runs.c.outcome.in_(("applied", "empty"))
    return connection.execute(select(func.max(runs.c.id)).where(runs.c.noun == folded.noun, standing)).scalar()


def written_since(scope: Scope, folded: Folded, run: int | None) -> Iterator[WrittenSince | str]:
    """Yield the rows of declared columns that hold what `run` knew for an alias: it left none.

    Without a run, those that hold any alias: their fold counts as applied, and never ran.
    """
    knew = select(aliases.c.alias).where(aliases.c.run_id == run)
    for naming in scope.naming(folded):
        since = _since(naming, run)
        if since is None:
            continue
        day = _day(naming)
        spelled = folded.names.spelled(naming.stored, "scan", folded.spec.identity.match)
        asked = (
            select(spelled.c.spelling, spelled.c.canonical, day.label("day"), func.count().label("rows"))
            .join_from(naming.rows, spelled, spelled.c.spelling == naming.written)
            .where(spelled.c.spelling != spelled.c.canonical, *naming.counts, *since)
            .where(*([] if run is None else [spelled.c.alias.in_(knew)]))
            .group_by(spelled.c.spelling, spelled.c.canonical, day)
            .order_by(day, spelled.c.spelling)
        )
        place = called(naming.described.place)
        with scope.looking.within_limits() as failed:
            for alias, canonical, when, number in scope.looking.connection.execute(asked).all():
                yield WrittenSince(place, str(naming.known.name), folded.noun, alias, canonical, when, number)
        yield from (f"{place}.{naming.known.name} was not read: {reason}" for reason in failed)


def _since(naming: Naming, run: int | None) -> Sequence[ColumnElement[bool]] | None:
    """Return the conditions of what the run left changed; None where nothing tells.

    A name beside an owner changes with that one alone: any other may have stood there before.
    """
    stamp = naming.part.updated_at
    if not naming.follows:
        return ()
    if stamp is None or run is None:
        return None
    finished = select(runs.c.finished_at).where(runs.c.id == run).scalar_subquery()
    ended = Moment(stamp, written_time(finished, stamp))
    return (Moment(stamp, naming.rows.c[str(stamp.name)]) > ended,)


def _day(naming: Naming) -> ColumnElement[str | None]:
    stamp = next(reversed(naming.part.times), None)
    if stamp is not None:
        return Day(stamp, naming.rows.c[str(stamp.name)])
    fields = [field for field in naming.described.fields if isinstance(field.type, DateTime | String)]
    times = [field.name for field in fields if isinstance(field.type, DateTime)]
    only = times[0] if len(times) == 1 else None
    named = next((field.name for field in fields if _MADE.fullmatch(field.name)), only)
    return cast(null(), Text) if named is None else Day(naming.described.table.c[named], naming.rows.c[named])

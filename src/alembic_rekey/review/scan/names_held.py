"""The columns that hold registered names: texts, elements of arrays, values of documents by their path."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import FromClause, Text, cast, func, literal, select

from alembic_rekey.review.scan.findings import Holding
from alembic_rekey.review.scan.scope import Folded, Scope
from alembic_rekey.review.schema.description import Described, Field, called
from alembic_rekey.sql.dialects import database

__all__ = ["names_held"]

_SHARE, _SEVERAL = 0.1, 3
"""A column carries names if so many of its values are ones, or it holds so many different ones: else it is chance."""
_EXAMPLES = 3
_BLANKS = 100
"""So many letters more than the longest name a text may have and be one, for what may stand around it."""
_PLACE = re.compile(r"\[\d+\]")


def names_held(scope: Scope, folded: Folded, described: Described) -> Iterator[Holding | str]:
    """Yield what columns of a table hold, and why one could not be read; what is generated follows by itself."""
    survey = database(scope.looking.connection.dialect.name).survey
    for field in described.fields:
        if field.computed is not None or (*described.place, field.name) in scope.followed:
            continue
        rows = scope.looking.rows(described)
        kinds = survey.texts_of(field.type)
        if "text" in kinds:
            plain = select(literal("", Text()).label("path"), cast(rows.c[field.name], Text).label("value"))
            yield from _held(scope, folded, described, field, plain.select_from(rows).subquery("rekey_within"), "")
        for kind in kinds - {"text"}:
            yield from _held(scope, folded, described, field, survey.within(rows, field.name, kind), f" for {kind}s")


def _held(
    scope: Scope, folded: Folded, described: Described, field: Field, texts: FromClause, looked: str
) -> Iterator[Holding | str]:
    says = func.trim(texts.c.value) != ""
    # To sort prose takes longer than to read it.
    most = 2 * max((len(name.alias) for name in folded.registry.names), default=0) + _BLANKS
    short = select(texts).where(says, func.length(func.trim(texts.c.value)) <= most).subquery("rekey_short")
    spelled = folded.names.spelled(short.c.value, "scan", folded.spec.identity.match)
    grouped = (
        select(short.c.path, spelled.c.canonical, short.c.value, func.count().label("rows"))
        .join_from(short, spelled, spelled.c.spelling == short.c.value)
        .group_by(short.c.path, spelled.c.canonical, short.c.value)
        .order_by(func.count().desc(), short.c.value)
    )
    found: defaultdict[str, list[tuple[str, str, int]]] = defaultdict(list)
    every: defaultdict[str, int] = defaultdict(int)
    with scope.looking.within_limits() as failed:
        for path, canonical, value, rows in scope.looking.connection.execute(grouped):
            found[_PLACE.sub("[*]", path)].append((canonical, value, rows))
        if found:
            counted = select(texts.c.path, func.count()).where(says).group_by(texts.c.path)
            for path, rows in scope.looking.connection.execute(counted):
                every[_PLACE.sub("[*]", path)] += rows
    where = f"{called(described.place)}.{field.name}"
    yield from (f"{where} was not read{looked}: {reason}" for reason in failed)
    declared = (*described.place, field.name) in scope.declared
    for path, matches in () if failed else sorted(found.items()):
        rows, names = sum(number for _, _, number in matches), len({canonical for canonical, _, _ in matches})
        if declared or rows >= _SHARE * every[path] or names >= _SEVERAL:
            examples = tuple(dict.fromkeys(value for _, value, _ in matches))[:_EXAMPLES]
            yield Holding(
                called(described.place), field.name, path, folded.noun, declared, rows, every[path], names, examples
            )

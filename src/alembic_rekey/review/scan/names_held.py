"""The columns that hold registered names: texts, elements of arrays, values of documents by their path."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import FromClause, Text, cast, func, literal, select, union_all

from alembic_rekey.review.scan.findings import Holding
from alembic_rekey.review.scan.scope import Folded, Scope
from alembic_rekey.review.schema.description import Described, called
from alembic_rekey.spec import Relation
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.expressions import Exact

__all__ = ["names_held"]

_SHARE, _SEVERAL = 0.1, 3
"""A column carries names if so many of its values are ones, or it holds so many different ones: else it is chance."""
_EXAMPLES = 3
_BLANKS = 100
"""So many letters more than the longest name a text may have and be one, for what may stand around it."""
_PLACE = re.compile(r"\[\d+\]")
_FEW, _AT_ONCE = 1_000, 40
"""Of a table of which so few rows are read, so many columns are asked for at once: each question reads the names."""


class _Asked(NamedTuple):
    name: str
    kind: str
    """What is read there: `text`, or what else `Survey.texts_of` knows."""


def names_held(scope: Scope, folded: Folded, described: Described) -> Iterator[Holding | str]:
    """Yield what columns of a table hold, and why one could not be read; what is generated follows by itself."""
    survey = database(scope.looking.connection.dialect.name).survey
    asked = [
        _Asked(field.name, kind)
        for field in described.fields
        if field.computed is None and (*described.place, field.name) not in scope.followed
        # What a column holds by itself comes first.
        for kind in sorted(survey.texts_of(field.type), reverse=True)
    ]
    read = min((most for most in (scope.looking.most, described.rows) if most is not None), default=_FEW + 1)
    at_once = _AT_ONCE if read <= _FEW else 1
    for first in range(0, len(asked), at_once):
        yield from _held(scope, folded, described, asked[first : first + at_once])


def _held(scope: Scope, folded: Folded, described: Described, asked: Sequence[_Asked]) -> Iterator[Holding | str]:
    texts = _texts(scope, described, asked)
    says = func.trim(texts.c.value) != ""
    # To sort prose takes longer than to read it.
    is_short = func.length(func.trim(texts.c.value)) <= 2 * folded.longest + _BLANKS
    short = select(texts).where(says, is_short).subquery("rekey_short")
    spelled = folded.names.spelled(short.c.value, "scan", folded.spec.identity.match)
    each = [short.c.number, short.c.path, spelled.c.canonical, short.c.value]
    grouped: Relation = (
        select(*each, func.count().label("rows"))
        .join_from(short, spelled, spelled.c.spelling == short.c.value)
        .group_by(*each)
        .order_by(func.count().desc(), short.c.value)
    )
    found: defaultdict[tuple[int, str], list[tuple[str, str, int]]] = defaultdict(list)
    every: defaultdict[tuple[int, str], int] = defaultdict(int)
    with scope.looking.within_limits() as failed:
        for number, path, canonical, value, rows in scope.looking.connection.execute(grouped):
            found[number, _PLACE.sub("[*]", path)].append((canonical, value, rows))
        if found:
            place = [texts.c.number, texts.c.path]
            counted: Relation = select(*place, func.count()).where(says).group_by(*place)
            for number, path, rows in scope.looking.connection.execute(counted):
                every[number, _PLACE.sub("[*]", path)] += rows
    if failed:
        yield from _one_by_one(scope, folded, described, asked, failed)
        return
    for (number, path), matches in sorted(found.items()):
        name, values = asked[number].name, every[number, path]
        rows, names = sum(number for _, _, number in matches), len({canonical for canonical, _, _ in matches})
        declared = (*described.place, name) in scope.declared
        if declared or rows >= _SHARE * values or names >= _SEVERAL:
            examples = tuple(dict.fromkeys(value for _, value, _ in matches))[:_EXAMPLES]
            yield Holding(called(described.place), name, path, folded.noun, declared, rows, values, names, examples)


def _one_by_one(
    scope: Scope, folded: Folded, described: Described, asked: Sequence[_Asked], failed: Sequence[str]
) -> Iterator[Holding | str]:
    """Yield the same of each by itself, so that what fails fails alone, and then why."""
    if len(asked) > 1:
        for one in asked:
            yield from _held(scope, folded, described, [one])
        return
    looked = "" if asked[0].kind == "text" else f" for {asked[0].kind}s"
    yield from (f"{called(described.place)}.{asked[0].name} was not read{looked}: {reason}" for reason in failed)


def _texts(scope: Scope, described: Described, asked: Sequence[_Asked]) -> FromClause:
    """Return the texts that are asked for: `number` of the column, `path`, `value`."""
    survey = database(scope.looking.connection.dialect.name).survey
    rows = scope.looking.rows(described)
    if len(asked) > 1:
        read = dict.fromkeys(one.name for one in asked)
        rows = select(*(rows.c[name] for name in read)).cte("rekey_read").prefix_with("MATERIALIZED")
    selected, documents = list[Relation](), list[Relation]()
    for number, one in enumerate(asked):
        place = literal(number).label("number")
        if one.kind == "array":
            elements = survey.elements(rows, one.name)
            selected.append(select(place, literal("[*]", Text()).label("path"), elements.c.value))
        else:
            # Columns of several collations become one.
            value = Exact(cast(rows.c[one.name], Text)).label("value")
            told = select(place, literal("", Text()).label("path"), value).select_from(rows)
            (documents if one.kind == "document" else selected).append(told)
    if documents:
        # Those of all columns at once: to say how a document is read takes longer than to read some.
        within = survey.documents(union_all(*documents).subquery("rekey_stored"))
        selected.append(select(within.c.number, within.c.path, within.c.value))
    return union_all(*selected).subquery("rekey_texts")

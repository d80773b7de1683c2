"""Questions to the catalog: SQL of one database about the tables of a revision, as a relation like any other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import CTE, Text, TextualSelect, column, select, text, values

from alembic_rekey.spec import Part, Relation
from alembic_rekey.sql.dialects.question import Question
from alembic_rekey.sql.expressions import quoted
from alembic_rekey.sql.registry_text import RegistryText

__all__ = ["about", "each_about"]

_OF_A_PART = ("noun", "table", "quoted", "keys", "name", "deletable", "apart")


def about(parts: Sequence[Part], question: Question) -> Relation:
    """Return what `question` says about `parts`; see `each_about`."""
    return next(each_about(parts, [question]))


def each_about(parts: Sequence[Part], questions: Iterable[Question]) -> Iterator[Relation]:
    """Yield what each question says about `parts`, which it finds as `rekey_part`: one relation for all of them.

    Its columns: `noun`, `table`, and `quoted` with its schema, `keys`: the columns of the key as a JSON list, `name`:
    a column of names, for each of which a part has a line (the name of an identity, a tag), `deletable`, and `apart`:
    as a JSON list, the columns by which rows of one name are told apart; each is '' where there is none.
    """
    lines = [
        (
            part.noun,
            str(part.table.name),
            quoted(part.table.name, part.table.schema),
            json.dumps([str(known.name) for known in part.keys], ensure_ascii=False),
            name,
            "yes" if part.deletable else "",
            json.dumps([str(known.name) for known in part.apart], ensure_ascii=False),
        )
        for part in parts
        for name in ([str(known.name) for known in part.named] or [""])
    ]
    # What stands in double quotes is written as it is.
    types = [Text() if name in ("quoted", "keys", "apart") else RegistryText() for name in _OF_A_PART]
    listed = values(*map(column, _OF_A_PART, types)).data(lines).cte("rekey_part")
    known: dict[str, CTE] = {}
    for question in questions:
        yield select(_said(question, listed, known).subquery(question.name))


def _said(question: Question, parts: CTE, known: dict[str, CTE]) -> TextualSelect:
    """Return `question` behind what it reads; `known` are those of its kind that stand in the same statement."""
    read = [parts]
    for one in question.reads:
        if one.name not in known:
            known[one.name] = _said(one, parts, known).cte(one.name, recursive=one.name in one.sql)
        read.append(known[one.name])
    return text(question.sql).columns(*map(column, question.columns)).add_cte(*read)

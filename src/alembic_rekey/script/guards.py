"""Checks -> the guards of a script: the database itself says what it finds, and the shell stops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import Formatter
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Dialect, Label, literal

from alembic_rekey.errors import with_page
from alembic_rekey.spec import Check, Relation
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.expressions import Quoted, Sentence
from alembic_rekey.text.comments import comment, in_ascii

__all__ = ["claim", "finding", "guarded", "sentence"]


def guarded(checks: Iterable[tuple[Check, str]], dialect: Dialect) -> Iterator[str]:
    """Yield checks that stand side by side as statements; each comes with its `finding` as text.

    Those of the same words are asked in one.
    """
    alike: dict[tuple[str, str], list[tuple[Check, str]]] = {}
    for check, found in checks:
        alike.setdefault((check.claim, check.remedy), []).append((check, found))
    for members in alike.values():
        together = list[tuple[Check, str]]()
        for check, found in members:
            # What it asks first is named for it alone.
            if found.startswith("WITH "):
                yield _guard([(check, found)], dialect)
            else:
                together.append((check, found))
        if together:
            yield _guard(together, dialect)


def claim(names: Sequence[str], claimed: str, remedy: str) -> str:
    """Return what the comment above guards says."""
    guards = "Guard" if len(names) == 1 else "Guards"
    # The header names the guide, once.
    told, _, _ = remedy.partition(with_page("", ""))
    return f"{guards} {', '.join(names)}: {claimed}. If the script stops here: {told}"


def _guard(together: Sequence[tuple[Check, str]], dialect: Dialect) -> str:
    first, names = together[0][0], {check.name: dialect.identifier_preparer.quote(check.name) for check, _ in together}
    found = "\nUNION ALL ".join(text for _, text in together)
    asked = database(dialect.name).shell.guard(names, found)
    return f"{comment(claim([*names], first.claim, first.remedy))}\n{asked}"


def finding(check: Check) -> Relation:
    """Return a row per finding: the name of the check, and its sentence."""
    offending = check.offending.order_by(None)
    said: Relation = offending.with_only_columns(
        literal(check.name), sentence(check.sentence, _columns(offending)), maintain_column_froms=True
    )
    return said


def _columns(relation: Relation) -> dict[str, ColumnElement[Any]]:
    return {
        str(selected.key): selected.element if isinstance(selected, Label) else selected
        for selected in relation.selected_columns
    }


def sentence(said: str, columns: Mapping[str, ColumnElement[Any]]) -> Sentence:
    """Return what a check says of a finding, whose values are `columns`, as the database says it itself."""
    parsed = [(text, field, conversion) for text, field, _, conversion in Formatter().parse(said)]
    if any(field is not None and field not in columns for _, field, _ in parsed):
        # What it says of a connection, a script does not know: it says what it has.
        parsed = [(f"{', ' * bool(place)}{name} ", name, "r") for place, name in enumerate(columns)]
    pieces = list[str | ColumnElement[Any] | Quoted]()
    for text, field, conversion in parsed:
        pieces.append(in_ascii(text))
        if field is not None:
            pieces.append(_shown(columns[field], conversion))
    return Sentence(pieces)


def _shown(value: ColumnElement[Any], conversion: str | None) -> str | ColumnElement[Any] | Quoted:
    constant = value.value if isinstance(value, BindParameter) else None
    if isinstance(constant, str) and constant.isascii() and constant.isprintable():
        return "'{}'".format(constant.replace("'", "''")) if conversion else constant
    return Quoted(value) if conversion else value

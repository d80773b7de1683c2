"""Plan or journal -> the rows of a report, as JSON has them: they pass through, none is kept."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from itertools import islice, repeat
from typing import Any
from warnings import catch_warnings, simplefilter

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Float,
    FromClause,
    Integer,
    Result,
    Row,
    TableClause,
    Text,
    cast,
    column,
    inspect,
    literal_column,
    select,
)
from sqlalchemy.exc import SAWarning

from alembic_rekey.guard.claims.rows_after import filled
from alembic_rekey.guard.stored import Stored
from alembic_rekey.plan.actions import LEFT_BEHIND
from alembic_rekey.plan.judged import alike, same_key
from alembic_rekey.plan.plan import Planned, journalled
from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import CREATED, LEAD, Entries
from alembic_rekey.report.entry import GOES, SURVIVES, json_values, listing_order, told, whose, winning
from alembic_rekey.report.left_behind import Filled, compared_columns, left_behind, left_count, portions, told_columns
from alembic_rekey.spec import Identity, Part, Relation, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.side_tables import bookkeeping, created, journal, to_name

__all__ = [
    "Section",
    "created_section",
    "entries",
    "exact_columns",
    "journal_sections",
    "left_counted",
    "left_entries",
    "plan_sections",
    "title_of",
]

_FETCHED, _AT_ONCE = 500, 50
"""Rows that a server hands over in one turn, and those that are written together."""


@dataclass(frozen=True)
class Section:
    """The rows of one part as a relation with our own columns and every column of the table."""

    title: str
    """The key of this section in the document."""
    part: Part
    source: FromClause
    columns: tuple[tuple[str, bool], ...]
    """Name and whether JSON holds its values exactly; the others travel as the database's own text."""
    whose: FromClause | None = None
    """By the key of a row whose slot it is in, see `whose_slots`."""


@singledispatch
def title_of(part: Part) -> str:
    """Return the key of the section of `part` in the document (design, section 4, Report)."""
    return f"{part.noun}_plans"


@title_of.register
def _title_of_identity(identity: Identity) -> str:
    return f"shadow_{identity.noun}s"


def plan_sections(
    connection: Connection, spec: Spec, made: Mapping[Part, Relation], planned: Planned, parts: Container[Part]
) -> list[Section]:
    """Return the sections of those `parts` of a plan that is still to be made, read from the tables themselves."""
    return [
        Section(
            title_of(part),
            part,
            decided.subquery("rekey_planned"),
            exact_columns(connection, part.table.name, part.table.schema),
            whose(part, spec, planned),
        )
        for part, decided in made.items()
        if part in parts
    ]


def journal_sections(connection: Connection, spec: Spec, run: ColumnElement[int]) -> list[Section]:
    """Return the sections of a run that was made, read from its journals."""
    planned = journalled(spec, run)
    made = ((part, _kept(connection, title_of(part), part, journal(part), run)) for part in spec.parts)
    return [replace(section, whose=whose(part, spec, planned)) for part, section in made]


def created_section(connection: Connection, identity: Identity, run: ColumnElement[int]) -> Section:
    """Return the rows that a run created, as they were made; no part of its plan."""
    return _kept(connection, CREATED, identity, created(identity), run)


def _kept(connection: Connection, title: str, part: Part, kept: TableClause, run: ColumnElement[int]) -> Section:
    of_run: Relation = select(literal_column("*")).select_from(kept).where(kept.c.rekey_run == run)
    columns = exact_columns(connection, kept.name, None)
    return Section(title, part, of_run.subquery("rekey_planned"), columns[len(bookkeeping(part)) :])


def exact_columns(connection: Connection, name: str, schema: str | None) -> tuple[tuple[str, bool], ...]:
    """Return the columns that the database has, each with whether JSON holds its values as they come.

    The others are read as the database's own text, whatever a driver makes of their type. SQLite hands over what it
    stored; no type is read into it.
    """
    with catch_warnings():
        # A type that SQLAlchemy does not know (xml, point) travels as text like most others: nothing to warn of.
        simplefilter("ignore", SAWarning)
        found = inspect(connection).get_columns(name, schema=schema)
    if database(connection.dialect.name).keeps_any_value:
        return tuple((known["name"], True) for known in found)
    return tuple((known["name"], isinstance(known["type"], Integer | Boolean | Float)) for known in found)


def entries(connection: Connection, section: Section, *conditions: ColumnElement[bool]) -> Entries:
    """Yield the rows of a section, by key in code point order, created rows last, as JSON has them.

    Whoever stops before the last row closes it: the server holds a cursor until then.
    """
    names, leads = [name for name, _ in section.columns], [str(known.name) for known in section.part.keys]
    nowhere = (None,) * (1 + len(leads))
    image = slice(2 + len(nowhere), 2 + len(nowhere) + len(names))
    with connection.execute(_selected(section).where(*conditions), execution_options={"yield_per": _FETCHED}) as rows:
        for some in _at_once(rows):
            columns = [json_values(known) for known in zip(*some, strict=True)]
            images = map(dict, map(zip, repeat(names), zip(*columns[image], strict=True)))
            made: list[dict[str, Any]] = [
                {"action": action, "canonical": canonical, "before": before}
                for action, canonical, before in zip(*columns[:2], images, strict=True)
            ]
            for entry, (place, *to) in zip(made, zip(*columns[2 : image.start], strict=True), strict=True):
                if (place, *to) != nowhere:
                    entry[LEAD] = {"place": place, "to": dict(zip(leads, to, strict=True))}
            # None where the kind of part knows no survivor.
            for entry, (action, *told_of) in zip(made, zip(*columns[image.stop :], strict=True), strict=False):
                if entry["action"] in GOES and action in SURVIVES:
                    entry["survivor"] = dict(zip(("key", "value", "status"), told_of, strict=True))
            yield made


def _at_once(rows: Result[Any]) -> Iterator[Sequence[Row[Any]]]:
    while fetched := list(rows.fetchmany(_FETCHED)):
        while fetched:
            yield fetched[:_AT_ONCE]
            del fetched[:_AT_ONCE]


def left_counted(connection: Connection, spec: Spec, sections: Iterable[Section]) -> dict[str, int]:
    """Return the count of the values that a plan leaves behind: none where `sections` have no identity."""
    identity = spec.identity
    for section in sections:
        if section.part is identity:
            columns = compared_columns(identity, Stored.of(connection, [identity]))
            counted = left_count(
                identity, section.source, columns, connection.dialect.name, filled(connection, identity)
            )
            return dict(iter(connection.execute(counted)))
    return {LEFT_BEHIND.format(noun=identity.noun): 0}


def left_entries(connection: Connection, spec: Spec, section: Section) -> Entries:
    """Yield what each shadow leaves behind, and what stands there in the row that stays.

    An entry is shaped like one of the plan: `before` holds the key, the name and the values that are left behind.
    What the database computes for a row that is created, no `survivor` holds.
    """
    identity = spec.identity
    columns = compared_columns(identity, Stored.of(connection, [identity])) if section.columns else ()
    made = filled(connection, identity) if columns else {}
    for portion in portions(columns):
        yield from _left(connection, identity, section.source, portion, made)


def _left(
    connection: Connection, identity: Identity, source: FromClause, columns: Sequence[str], made: Filled
) -> Entries:
    selected = left_behind(identity, source, columns, connection.dialect.name, made)
    own = told_columns(identity)
    made_there = {*columns} - {*made, *identity.creating, *identity.absorbing} if identity.creates else set()
    with connection.execute(selected.execution_options(yield_per=_FETCHED)) as rows:
        for row in rows:
            values = iter(json_values(row[1:]))
            before = dict(zip(own, islice(values, len(own)), strict=True))
            survivor = dict(zip(own, islice(values, len(own)), strict=True))
            for name in columns:
                left, old, new = islice(values, 3)
                if left:
                    before[name] = old
                    if survivor[own[0]] is not None or name not in made_there:
                        survivor[name] = new
            yield [{"action": Action.DELETE.value, "canonical": row[0], "before": before, "survivor": survivor}]


def _selected(section: Section) -> Relation:
    part, source = section.part, section.source
    keeps_any_value = {str(name): exact for name, exact in section.columns}
    read = [column(name) if exact else cast(column(name), Text).label(name) for name, exact in section.columns]
    leads = [
        column(to_name(known)) if keeps_any_value.get(str(known.name), True) else cast(column(to_name(known)), Text)
        for known in part.keys
    ]
    own = [column("rekey_action", Text()), column("rekey_canonical", Text()), column("rekey_place"), *leads]
    agreeing: list[ColumnElement[Any]] = [column("rekey_canonical", Text())]
    if section.whose is not None:
        keys = [column(known.name, known.type) for known in part.keys]
        source = source.outerjoin(section.whose, same_key(keys, alike(section.whose, "rekey_key")))
        agreeing = alike(section.whose, "rekey_whose")
    won = winning(part, agreeing, {name: shown for (name, _), shown in zip(section.columns, read, strict=True)})
    return select(*own, *read, *won).select_from(source).where(told(part)).order_by(*listing_order(part))

"""Plan or journal -> one JSON document, written as a stream: rows pass through, none is kept."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from math import isfinite
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Float,
    FromClause,
    Integer,
    TableClause,
    Text,
    case,
    cast,
    column,
    func,
    inspect,
    literal_column,
    select,
)

from alembic_rekey.expressions import by_code_point
from alembic_rekey.names import Names
from alembic_rekey.plan import Part, plan
from alembic_rekey.rules import Action
from alembic_rekey.side_tables import created, journal
from alembic_rekey.spec import Identity, Relation, Slots, Spec

__all__ = [
    "CREATED",
    "FORMAT",
    "Fingerprint",
    "Report",
    "Section",
    "created_section",
    "document",
    "entries",
    "journal_sections",
    "plan_sections",
    "title_of",
]

FORMAT = 1
"""The version of the document's shape; a reader refuses another one."""

CREATED = "created_rows"

_AT_ONCE = 500
_SURVIVES = (Action.KEEP, Action.REKEY, Action.REVIVE)


@dataclass(frozen=True)
class Section:
    """The rows of one part as a relation with `action`, `canonical` and every column of the table."""

    title: str
    """The key of this section in the document."""
    part: Part
    source: FromClause
    columns: tuple[tuple[str, bool], ...]
    """Name and whether JSON holds its values exactly; the others travel as the database's own text."""


def title_of(part: Part) -> str:
    """Return the key of the section of `part` in the document (design, section 4, Report)."""
    return f"shadow_{part.noun}s" if isinstance(part, Identity) else f"{part.noun}_plans"


@dataclass(frozen=True)
class Report:
    """What stands around the rows of a report; all values as JSON has them."""

    created_at: str
    mode: str
    database: str
    registry_path: str
    registry_sha256: str | None
    revision: str
    alias_map: Mapping[str, str]
    counts: Mapping[str, int]
    is_empty: bool
    integrity_errors: tuple[str, ...] = ()
    apply_summary: Mapping[str, int] | None = None
    run: Mapping[str, Any] | None = None


@dataclass
class Fingerprint:
    """SHA-256 over the registry, the revision and every action with its before-image (issue 7)."""

    registry_sha256: str | None
    revision: str
    _digest: Any = field(init=False)

    def __post_init__(self) -> None:
        self._digest = sha256(json.dumps([FORMAT, self.registry_sha256, self.revision]).encode())

    def add(self, title: str, entry: str) -> None:
        """Take in one entry of the section `title`, as it is written."""
        self._digest.update(f"{title}\n{entry}\n".encode())

    def __str__(self) -> str:
        """Return the fingerprint of what was taken in so far, in hexadecimal digits."""
        return str(self._digest.hexdigest())


def plan_sections(connection: Connection, spec: Spec, names: Names, parts: Container[Part]) -> list[Section]:
    """Return the sections of those `parts` of a plan that is still to be made, read from the tables themselves."""
    return [
        Section(
            title_of(part), part, decided.subquery("planned"), _columns(connection, part.table.name, part.table.schema)
        )
        for part, decided in plan(spec, names).items()
        if part in parts
    ]


def journal_sections(connection: Connection, spec: Spec, run: ColumnElement[int]) -> list[Section]:
    """Return the sections of a run that was made, read from its journals."""
    return [_kept(connection, title_of(part), part, journal(part.table), run) for part in spec.parts]


def created_section(connection: Connection, identity: Identity, run: ColumnElement[int]) -> Section:
    """Return the rows that a run created, as they were made; no part of its plan."""
    return _kept(connection, CREATED, identity, created(identity.table), run)


def _kept(connection: Connection, title: str, part: Part, kept: TableClause, run: ColumnElement[int]) -> Section:
    of_run: Relation = select(literal_column("*")).select_from(kept).where(kept.c.run_id == run)
    columns = _columns(connection, kept.name, None)
    return Section(title, part, of_run.subquery("planned"), columns[3:])


def _columns(connection: Connection, name: str, schema: str | None) -> tuple[tuple[str, bool], ...]:
    """Return the columns that the database has. SQLite hands over what it stored; no type is read into it."""
    found = inspect(connection).get_columns(name, schema=schema)
    if connection.dialect.name == "sqlite":
        return tuple((known["name"], True) for known in found)
    return tuple((known["name"], isinstance(known["type"], Integer | Boolean | Float)) for known in found)


def entries(connection: Connection, section: Section, *conditions: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a section, by key in code point order, created rows last, as JSON has them."""
    names = [name for name, _ in section.columns]
    slots = isinstance(section.part, Slots)
    rows = connection.execute(_selected(section).where(*conditions).execution_options(yield_per=_AT_ONCE))
    width = len(names) + 2
    for row in rows:
        entry = {"action": row[0], "canonical": row[1]}
        entry["before"] = dict(zip(names, map(_json_value, row[2:width]), strict=True))
        if slots and row[0] in (Action.DROP, Action.MERGE, Action.REPLACE) and row[width] in _SURVIVES:
            survivor: Iterable[Any] = map(_json_value, row[width + 1 :])
            entry["survivor"] = dict(zip(("key", "value", "status"), survivor, strict=True))
        yield entry


def _selected(section: Section) -> Relation:
    part, source = section.part, section.source
    read = [column(name) if exact else cast(column(name), Text).label(name) for name, exact in section.columns]
    shown: list[ColumnElement[Any]] = [column("action", Text()), column("canonical", Text()), *read]
    if isinstance(part, Slots):
        slot = [column("canonical", Text()), *(column(known.name) for known in part.slot)]
        survives = case((column("action", Text()).in_([action.value for action in _SURVIVES]), 0), else_=1)
        winner: list[ColumnElement[Any]] = [
            column(name) for name in ("action", part.key.name, part.value.name, part.status.name)
        ]
        shown += [func.first_value(known).over(partition_by=slot, order_by=survives) for known in winner]
    order = [
        column("action", Text()) == Action.CREATE.value,
        by_code_point(column(part.key.name, part.key.type)),
    ]
    return select(*shown).select_from(source).order_by(*order, by_code_point(column("canonical", Text())))


def _json_value(value: Any) -> Any:
    if isinstance(value, float) and not isfinite(value):
        return {"$real": str(value)}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    return value


def document(
    report: Report,
    rows: Iterable[tuple[str, Iterable[dict[str, Any]]]],
    tables: Mapping[str, str],
    fingerprint: Fingerprint,
    created: Iterable[dict[str, Any]] = (),
) -> Iterator[str]:
    """Yield the document in pieces; its last line is the SHA-256 of all that stands above it.

    `rows` are the sections' titles with their entries, `tables` the table behind each title, `created`
    the rows that the run made. `fingerprint` takes in the entries; it stands behind them.
    """
    digest = sha256()
    for piece in _body(report, rows, tables, fingerprint, created):
        digest.update(piece.encode())
        yield piece
    yield f' "sha256": "{digest.hexdigest()}"\n}}\n'


def _body(
    report: Report,
    rows: Iterable[tuple[str, Iterable[dict[str, Any]]]],
    tables: Mapping[str, str],
    fingerprint: Fingerprint,
    created: Iterable[dict[str, Any]],
) -> Iterator[str]:
    head = {
        "format": FORMAT,
        "created_at": report.created_at,
        "mode": report.mode,
        "database": report.database,
        "registry_path": report.registry_path,
        "run": report.run,
    }
    facts = {
        "revision": report.revision,
        "registry_sha256": report.registry_sha256,
        "alias_map": report.alias_map,
        "integrity_errors": list(report.integrity_errors),
        "counts": report.counts,
        "is_empty": report.is_empty,
        "has_collisions": any(value for name, value in report.counts.items() if name.endswith("_collisions")),
        "tables": tables,
    }
    yield "{\n" + "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
    yield ' "plan": {\n' + "".join(f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in facts.items())
    for title, listed in rows:
        yield f"  {json.dumps(title)}: ["
        for separator, text in _lines(listed):
            fingerprint.add(title, text)
            yield separator + text
        yield "],\n"
    yield f'  "fingerprint": "{fingerprint}"\n }},\n "apply_summary": {json.dumps(report.apply_summary)},\n'
    yield f' "{CREATED}": ['
    yield from (separator + text for separator, text in _lines(created))
    yield "],\n"


def _lines(listed: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield each entry on a line of its own, with what stands before it."""
    for number, entry in enumerate(listed):
        yield (",\n   " if number else "\n   "), json.dumps(entry, separators=(",", ":"))

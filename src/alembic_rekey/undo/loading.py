"""A report file -> the journal: for a database whose side tables are gone, or that came from elsewhere.

The rows become the journal of one more run, which is then restored like any other: there is one way
back, whatever it is read from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Integer,
    bindparam,
    case,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    select,
    table,
    true,
    update,
)
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.types import Text

from alembic_rekey.connection.failures import sqlstate
from alembic_rekey.errors import ReportFailed
from alembic_rekey.guard.shape import columns_of
from alembic_rekey.names.matching import identity_of, key_of, stored_keys
from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import CREATED, LEAD
from alembic_rekey.report.reading import ReadReport, read_report, report_entries
from alembic_rekey.report.rows import title_of
from alembic_rekey.spec import Part, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.expressions import Clock
from alembic_rekey.sql.side_tables import (
    aliases,
    create_side_tables,
    created_name,
    journal_name,
    kept_names,
    redirects,
    runs,
    to_name,
)
from alembic_rekey.sql.values import Catalogued

__all__ = ["load_report"]

_AT_ONCE = 500
_DATA = "22"
"""The class of what PostgreSQL's types refuse; not every driver tells it apart."""
_NO_PLACE = "it holds a value that the database has no place for"


def load_report(connection: Connection, spec: Spec, paths: Sequence[Path], turn: int | None) -> None:
    """Check the report and load it as the newest run, to be restored in the same transaction.

    Of several `paths` it is the one of a run of `spec`; `turn` is which of those of its revision and noun that is.

    Raises:
        ReportFailed: if it is damaged, or for another revision, other tables or other columns, or if
            the database holds a run that comes before it.
    """
    read = [read_report(path) for path in paths]
    report = next((one for one in read if _is_of(one, spec, turn)), read[0])
    sections = {title_of(part): part for part in spec.parts}
    _check(report, spec, sections)
    keyless = [redirects.name, *(name for part in spec.parts for name in kept_names(part))]
    replicated = database(connection.dialect.name).replicated(keyless)
    for ddl in (*create_side_tables(spec.parts), *replicated):
        connection.execute(ddl)
    try:
        run = _record(connection, spec, report)
        for title, part in sections.items():
            _load(connection, report, title, part, journal_name(part.table), run)
        identity = spec.identity
        _load(connection, report, CREATED, identity, created_name(identity.table), run)
    except (UnicodeError, OverflowError):
        # A text that is none, an integer that SQLite has no room for.
        _refuse(report, _NO_PLACE)
    except DBAPIError as error:
        if isinstance(error, DataError) or sqlstate(error.orig).startswith(_DATA):
            _refuse(report, _NO_PLACE)
        raise


def _is_of(report: ReadReport, spec: Spec, turn: int | None) -> bool:
    run = report.head["run"]
    same = (report.facts.get("revision"), run.get("noun")) == (spec.revision, spec.identity.noun)
    return same and turn in (None, run.get("turn", 1))


def _check(report: ReadReport, spec: Spec, sections: dict[str, Part]) -> None:
    if report.facts.get("revision") != spec.revision:
        _refuse(report, f"it is for revision {report.facts.get('revision')}, not for {spec.revision}")
    tables = {title: part.table.fullname for title, part in sections.items()}
    if report.facts.get("tables") != tables:
        _refuse(report, f"it is for other tables than {', '.join(tables.values())}")


def _record(connection: Connection, spec: Spec, report: ReadReport) -> int:
    """Record the run that the report is of; if the side tables still know it, that one counts as restored."""
    started_at = _time(connection, report.head["run"].get("started_at"))
    mine = runs.c.revision == spec.revision, runs.c.noun == spec.identity.noun, runs.c.started_at == started_at
    known = connection.execute(select(runs.c.id).where(*mine).order_by(runs.c.id.desc()).limit(1)).scalar()
    is_open = runs.c.outcome.in_(("applied", "empty"))
    # One that this database does not know comes behind all that it has open.
    newer = true() if known is None else runs.c.id > known
    if other := connection.execute(select(runs.c.id).where(is_open, newer)).scalars().first():
        _refuse(report, f"run {other} of this database was not restored and is another one; restore that first")
    number = int(connection.execute(select(func.coalesce(func.max(runs.c.id), 0) + 1)).scalar_one())
    connection.execute(update(runs).where(runs.c.id == known, is_open).values(outcome="restored", restored_at=Clock()))
    connection.execute(update(redirects).where(redirects.c.run_id == known).values(run_id=number))
    opened = select(
        literal(number),
        literal(spec.revision),
        literal(spec.identity.noun),
        literal(report.head["run"].get("turn", 1)),
        literal("applied"),
        started_at,
        literal(str(report.head.get("registry_path"))),
        literal(report.facts.get("registry_sha256"), Text()),
        literal(report.facts.get("fingerprint"), Text()),
    )
    columns = ["id", "revision", "noun", "turn", "outcome", "started_at"]
    columns += ["registry_path", "registry_sha256", "plan_sha256"]
    connection.execute(insert(runs).from_select(columns, opened, include_defaults=False))
    identities = report_entries(report, title_of(spec.identity))
    created = [entry["canonical"] for entry in identities if entry["action"] == Action.CREATE]
    registered = report.facts.get("alias_map", {})
    # Rows may spell a canonical otherwise than it is registered.
    canonicals = {*report.head["run"].get("canonicals", ()), *registered.values(), *created}
    lines = [
        {"alias": alias, "canonical": canonical, "key": key, "identity": identity_of(canonical)}
        for alias, canonical in ({name: name for name in canonicals} | registered).items()
        for key in stored_keys(key_of(alias))
    ]
    if lines:
        connection.execute(insert(aliases).values(run_id=number), lines)
    return number


def _time(connection: Connection, started_at: object) -> ColumnElement[Any]:
    written = literal(str(started_at), Text())
    # Else a time is kept as the text it was written as.
    return written if database(connection.dialect.name).keeps_any_value else cast(written, runs.c.started_at.type)


def _load(connection: Connection, report: ReadReport, title: str, part: Part, target: str, run: int) -> None:
    columns = columns_of(connection, part.table)
    rows = report_entries(report, title)
    leads = {to_name(known): columns[str(known.name)] for known in part.keys}
    statement = _insert(connection, target, columns, leads)
    # What is left of a run of that number, whose record is gone, is none of this one's.
    left = table(target, column("rekey_run"))
    connection.execute(delete(left).where(left.c.rekey_run == run))
    while chunk := list(islice(rows, _AT_ONCE)):
        for entry in chunk:
            planned_to_be_made = entry["action"] == Action.CREATE and target == journal_name(part.table)
            if not planned_to_be_made and set(entry["before"]) != set(columns):
                _refuse(report, f"its rows of {part.table.name} have other columns than the table")
        bound = _bound if database(connection.dialect.name).keeps_any_value else _bound_as_texts
        connection.execute(statement, [bound(entry, columns, part, run) for entry in chunk])


def _insert(connection: Connection, target: str, columns: Mapping[str, str], leads: Mapping[str, str]) -> Insert:
    values = {
        **{name: bindparam(name) for name in ("rekey_run", "rekey_action", "rekey_canonical", "rekey_place")},
        **{name: _value(connection, len(columns) + at, type_) for at, (name, type_) in enumerate(leads.items())},
        **{name: _value(connection, number, type_) for number, (name, type_) in enumerate(columns.items())},
    }
    return insert(table(target, *map(column, values))).values(values)


def _value(connection: Connection, number: int, type_: str) -> ColumnElement[Any]:
    if not database(connection.dialect.name).keeps_any_value:
        # As text, whatever it is: a driver that knows the type would ask for a value of its own.
        return cast(cast(bindparam(f"rekey_column_{number}", type_=Text), Text), Catalogued(type_))
    value: ColumnElement[Any] = bindparam(f"rekey_column_{number}")
    # Text that is no UTF-8 comes as bytes, with a mark; everything else keeps the type that it has.
    return case((bindparam(f"rekey_marked_{number}", type_=Integer) == 1, cast(value, Text)), else_=value)


def _bound(entry: dict[str, Any], columns: Iterable[str], part: Part, run: int) -> dict[str, Any]:
    lead = entry.get(LEAD, {"place": None, "to": {}})
    bound: dict[str, Any] = {
        "rekey_run": run,
        "rekey_action": entry["action"],
        "rekey_canonical": entry["canonical"],
        "rekey_place": lead["place"],
    }
    values = [entry["before"].get(name) for name in columns]
    values += [lead["to"].get(str(known.name)) for known in part.keys]
    for number, value in enumerate(values):
        marked = False
        if isinstance(value, dict):
            value = bytes.fromhex(value["$bytes"]) if "$bytes" in value else float(value["$real"])
        elif isinstance(value, str) and not value.isascii():
            raw = value.encode("utf-8", "surrogateescape")
            value, marked = (raw, True) if _broken(raw) else (value, False)
        bound |= {f"rekey_column_{number}": value, f"rekey_marked_{number}": int(marked)}
    return bound


def _bound_as_texts(entry: dict[str, Any], columns: Iterable[str], part: Part, run: int) -> dict[str, Any]:
    bound = _bound(entry, columns, part, run)
    return {name: _text(value) if name.startswith("rekey_column_") else value for name, value in bound.items()}


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return value if value is None or isinstance(value, str) else str(value)


def _broken(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return False


def _refuse(report: ReadReport, problem: str) -> NoReturn:
    raise ReportFailed(
        report.path, f"{problem}; nothing was changed.", "name the report of the run that is to be restored."
    )

"""What a database does by itself when a row is written: triggers, rules and row security, in both dialects."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from fuzzed_drawing import Drawing
from fuzzed_tables import Column, Table

__all__ = ["ACCOUNT", "HAZARDS", "add_hazards"]

BOTH, SQLITE, SERVER = ("sqlite", "postgresql"), ("sqlite",), ("postgresql",)
ACCOUNT = "fuzzed_owner"
"""The role of cases with row security: a superuser would see every row."""

HAZARDS = {
    "trigger stamps": BOTH,
    "trigger stamps the declared time": BOTH,
    "trigger logs": BOTH,
    "trigger logs on the way back": BOTH,
    "trigger sweeps": BOTH,
    "trigger sweeps the same table": BOTH,
    "trigger truncates": SERVER,
    "trigger overwrites": BOTH,
    "trigger replaces": SQLITE,
    "trigger skips": BOTH,
    "trigger changes": BOTH,
    "trigger forbids": BOTH,
    "trigger comes late": SERVER,
    "trigger spreads the name": BOTH,
    "trigger brings back": BOTH,
    "trigger swaps": BOTH,
    "rule instead": SERVER,
    "rule also": SERVER,
    "row security": SERVER,
}
EVENTS = ("UPDATE", "DELETE", "UPDATE OR DELETE")


def add_hazards(drawing: Drawing) -> None:
    """Draws what the case has of these."""
    for feature in HAZARDS:
        if drawing.has(feature):
            BUILDERS[feature](drawing)


def _folded(drawing: Drawing) -> Table:
    return drawing.pick(drawing.case.parts).table


def _other(drawing: Drawing, than: Table) -> Table:
    return drawing.pick([table for table in drawing.case.tables if table is not than])


def _log(drawing: Drawing) -> Table:
    return next(table for table in drawing.case.tables if set(table.columns) == {"key", "ref", "body"})


def _trigger(drawing: Drawing, table: Table, timing: str, event: str, body: str, *, returns: str = "NULL") -> None:
    """A trigger per row; on SQLite one per event, since it takes one each."""
    number = len(drawing.case.after)
    if drawing.server:
        drawing.case.after += [
            f"CREATE FUNCTION hazard{number}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $body$ BEGIN {body}; RETURN {returns}; END $body$",
            f"CREATE TRIGGER hazard{number} {timing} {event} ON {table.sql}"
            f" FOR EACH ROW EXECUTE FUNCTION hazard{number}()",
        ]
        return
    for place, each in enumerate(event.split(" OR ")):
        drawing.case.after.append(
            f"CREATE TRIGGER hazard{number}_{place} {timing} {each} ON {table.sql} BEGIN {body}; END"
        )


def _stamps(drawing: Drawing, role: str) -> None:
    table = _folded(drawing)
    if role == "touched" and role not in table.columns:
        # Only the trigger writes it.
        table.columns[role] = Column("touched", "TEXT", drawing.pick((None, sa.Text())), pool=("never", None))
        table.columns[role].generated = True
    if role not in table.columns:
        return
    moment = drawing.pick(("'2026-02-02 02:02:02'", "clock" if drawing.server else "'2026-02-02 02:02:02'"))
    if drawing.server:
        moment = "clock_timestamp()" if moment == "clock" else moment
        _trigger(drawing, table, "BEFORE", "UPDATE", f"NEW.{table.c(role)} := {moment}", returns="NEW")
    else:
        same = f"{table.c('key')} IS NEW.{table.c('key')}"
        _trigger(drawing, table, "AFTER", "UPDATE", f"UPDATE {table.sql} SET {table.c(role)} = {moment} WHERE {same}")


def _logs(drawing: Drawing, event: str) -> None:
    log = _log(drawing)
    body = f"INSERT INTO {log.sql} ({log.c('key')}, {log.c('body')}) VALUES (99, 'logged')"
    _trigger(drawing, _folded(drawing), "AFTER", event, body)


def _sweeps(drawing: Drawing) -> None:
    table = _folded(drawing)
    other = _other(drawing, table)
    _trigger(drawing, table, "AFTER", drawing.pick(EVENTS), f"DELETE FROM {other.sql}")


def _sweeps_itself(drawing: Drawing) -> None:
    table = _folded(drawing)
    others = f"{table.c('key')} <> OLD.{table.c('key')}"
    event = drawing.pick(EVENTS)
    _trigger(drawing, table, "AFTER", event, f"DELETE FROM {table.sql} WHERE {others}")


def _truncates(drawing: Drawing) -> None:
    table = _folded(drawing)
    _trigger(drawing, table, "AFTER", drawing.pick(EVENTS), f"TRUNCATE {_log(drawing).sql}")


def _overwrites(drawing: Drawing) -> None:
    table = _folded(drawing)
    other = _other(drawing, table)
    role = next(role for role in ("body", "mail", "value", "agree") if role in other.columns)
    change = f"UPDATE {other.sql} SET {other.c(role)} = NULL"
    _trigger(drawing, table, drawing.pick(("AFTER", "BEFORE")), "DELETE", change, returns="OLD")


def _replaces(drawing: Drawing) -> None:
    log = _log(drawing)
    drawing.case.after.append(f"CREATE UNIQUE INDEX one_per_ref ON {log.sql} ({log.c('ref')})")
    body = f"INSERT OR REPLACE INTO {log.sql} ({log.c('key')}, {log.c('ref')}) VALUES (99, 'r1')"
    _trigger(drawing, _folded(drawing), "AFTER", drawing.pick(EVENTS), body)


def _skips(drawing: Drawing) -> None:
    event = drawing.pick((*EVENTS, "INSERT"))
    if drawing.server:
        _trigger(drawing, _folded(drawing), "BEFORE", event, "NULL")
    else:
        _trigger(drawing, _folded(drawing), "BEFORE", event, "SELECT RAISE(IGNORE)")


def _changes(drawing: Drawing) -> None:
    table = _folded(drawing)
    roles = [role for role in ("name", "tag", "status", "mail", "value", "agree") if role in table.columns]
    role = drawing.pick([role for role in roles if table.columns[role].type in ("TEXT", "VARCHAR(200)")] or ["none"])
    if role == "none":
        return
    event = drawing.pick(("UPDATE", "INSERT"))
    if drawing.server:
        body = f"NEW.{table.c(role)} := upper(NEW.{table.c(role)})"
        _trigger(drawing, table, "BEFORE", event, body, returns="NEW")
    else:
        same = f"{table.c('key')} IS NEW.{table.c('key')}"
        body = f"UPDATE {table.sql} SET {table.c(role)} = upper({table.c(role)}) WHERE {same}"
        _trigger(drawing, table, "AFTER", event, body)


def _forbids(drawing: Drawing) -> None:
    event = drawing.pick((*EVENTS, "INSERT"))
    body = "RAISE EXCEPTION 'never: 100%%'" if drawing.server else "SELECT RAISE(ABORT, 'never: 100%')"
    _trigger(drawing, _folded(drawing), "BEFORE", event, body)


def _late(drawing: Drawing) -> None:
    table, number = _folded(drawing), len(drawing.case.after)
    other = _other(drawing, table)
    body = drawing.pick((f"DELETE FROM {other.sql}", f"UPDATE {other.sql} SET {other.c('key')} = {other.c('key')}"))
    drawing.case.after += [
        f"CREATE FUNCTION hazard{number}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $body$ BEGIN {body}; RETURN NULL; END $body$",
        f"CREATE CONSTRAINT TRIGGER hazard{number} AFTER {drawing.pick(EVENTS)} ON {table.sql}"
        f" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hazard{number}()",
    ]


def _spreads(drawing: Drawing) -> None:
    identity = drawing.case.tables[0]
    tagged = [part.table for part in drawing.case.parts if part.kind == "tags"] or [_log(drawing)]
    other = drawing.pick(tagged)
    role = "tag" if "tag" in other.columns else "ref"
    body = f"UPDATE {other.sql} SET {other.c(role)} = NEW.{identity.c('name')}"
    if drawing.pick((True, False)):
        body += f" WHERE {other.c(role)} = OLD.{identity.c('name')}"
    _trigger(drawing, identity, "AFTER", "UPDATE", body)


def _brings_back(drawing: Drawing) -> None:
    table = _folded(drawing)
    roles = [role for role, column in table.columns.items() if not column.generated]
    columns, values = ", ".join(map(table.c, roles)), ", ".join(f"OLD.{table.c(role)}" for role in roles)
    overriding = "OVERRIDING SYSTEM VALUE" if drawing.server else ""
    _trigger(drawing, table, "AFTER", "DELETE", f"INSERT INTO {table.sql} ({columns}) {overriding} VALUES ({values})")


def _swaps(drawing: Drawing) -> None:
    """One row goes and another comes: numbers of rows do not tell."""
    log = _log(drawing)
    going = f"DELETE FROM {log.sql} WHERE {log.c('key')} = 1"
    coming = f"INSERT INTO {log.sql} ({log.c('key')}, {log.c('body')}) VALUES (1, 'swapped')"
    _trigger(drawing, _folded(drawing), "AFTER", drawing.pick(EVENTS), f"{going}; {coming}")


def _rule_instead(drawing: Drawing) -> None:
    table, event = _folded(drawing), drawing.pick(("UPDATE", "DELETE", "INSERT"))
    drawing.case.after.append(f"CREATE RULE never AS ON {event} TO {table.sql} DO INSTEAD NOTHING")


def _rule_also(drawing: Drawing) -> None:
    table, log = _folded(drawing), _log(drawing)
    does = drawing.pick((f"DELETE FROM {log.sql}", f"INSERT INTO {log.sql} ({log.c('key')}) VALUES (98)"))
    event = drawing.pick(("UPDATE", "DELETE"))
    drawing.case.after.append(f"CREATE RULE more AS ON {event} TO {table.sql} DO ALSO {does}")


def _row_security(drawing: Drawing) -> None:
    table = drawing.pick(drawing.case.tables)
    drawing.case.account = ACCOUNT
    condition = drawing.pick(("false", f"{table.c('key')}::text LIKE '%1'", "true"))
    using = drawing.pick(("FOR ALL USING", "FOR SELECT USING"))
    drawing.case.after += [
        f"ALTER TABLE {table.sql} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table.sql} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY hidden ON {table.sql} {using} ({condition})",
    ]


BUILDERS: dict[str, Callable[[Drawing], None]] = {
    "trigger stamps": lambda drawing: _stamps(drawing, "touched"),
    "trigger stamps the declared time": lambda drawing: _stamps(drawing, "updated_at"),
    "trigger logs": lambda drawing: _logs(drawing, drawing.pick(EVENTS)),
    "trigger logs on the way back": lambda drawing: _logs(drawing, "INSERT"),
    "trigger sweeps": _sweeps,
    "trigger sweeps the same table": _sweeps_itself,
    "trigger truncates": _truncates,
    "trigger overwrites": _overwrites,
    "trigger replaces": _replaces,
    "trigger skips": _skips,
    "trigger changes": _changes,
    "trigger forbids": _forbids,
    "trigger comes late": _late,
    "trigger spreads the name": _spreads,
    "trigger brings back": _brings_back,
    "trigger swaps": _swaps,
    "rule instead": _rule_instead,
    "rule also": _rule_also,
    "row security": _row_security,
}

"""Tables that the spec does not name: some have nothing to do with a fold, on others hangs what it folds."""

from __future__ import annotations

import sqlalchemy as sa

from fuzzed_drawing import Drawing
from fuzzed_tables import Column, Table

__all__ = ["add_children"]


def add_children(drawing: Drawing) -> None:
    """Draws the tables beside the spec; a bystander and a log are always there."""
    identity = drawing.case.tables[0]
    for name in ("bystanders", "log"):
        made = _made(drawing, name, Column("ref", "TEXT", sa.Text()))
        made.rows = [{"key": number, "ref": f"r{number}", "body": "it's"} for number in range(2)]
    if drawing.has("child of the identity"):
        _child(drawing, "bills", identity, "key")
    if drawing.has("child of slots") and len(drawing.case.parts) > 1:
        part = drawing.pick(drawing.case.parts[1:])
        _child(drawing, "audits", part.table, "key")
    if drawing.has("child of the name"):
        actions = ("ON UPDATE CASCADE", "ON UPDATE CASCADE ON DELETE CASCADE", "", "ON UPDATE SET NULL")
        _child(drawing, "labels", identity, "name", action=drawing.pick(actions))
    if drawing.has("child of two columns"):
        _child_of_two(drawing, identity)
    if drawing.has("child of a foreign mismatch"):
        drawing.case.before.append("CREATE TABLE parents (id INTEGER, other TEXT)")
        drawing.case.before.append("CREATE TABLE mismatches (id INTEGER REFERENCES parents (other))")
        drawing.case.before.append("INSERT INTO mismatches VALUES (1)")
    if drawing.has("child of a partition"):
        _child_of_a_partition(drawing, identity)
    if drawing.has("table inherits"):
        _heir(drawing, identity)
    if drawing.has("dropped column"):
        table = drawing.pick(drawing.case.tables)
        drawing.case.after.insert(0, f"ALTER TABLE {table.sql} ADD gone INTEGER DEFAULT 7")
        drawing.case.after.insert(1, f"ALTER TABLE {table.sql} DROP gone")
        drawing.case.after.insert(2, f"ALTER TABLE {table.sql} ADD came INTEGER DEFAULT 8")
    if drawing.server and not drawing.has("stale sequence"):
        for part in drawing.case.parts:
            if "GENERATED" in part.table.columns["key"].type:
                table, key = part.table.sql.replace("'", "''"), part.table.columns["key"].name.replace("'", "''")
                last = f"(SELECT coalesce(max({part.table.c('key')}), 0) + 1 FROM {part.table.sql})"
                drawing.case.after.append(f"SELECT setval(pg_get_serial_sequence('{table}', '{key}'), {last}, false)")


def _made(drawing: Drawing, name: str, like: Column) -> Table:
    columns = {
        "key": Column("id", "INTEGER"),
        "ref": Column("ref", like.type.split()[0], like.declared),
        "body": Column("body", "TEXT", pool=("x", "it's")),
    }
    made = Table(drawing.named(name), columns)
    drawing.case.tables.append(made)
    return made


def _child(drawing: Drawing, name: str, parent: Table, to: str, *, action: str = "any") -> None:
    made = _made(drawing, name, parent.columns[to])
    keys = [row[to] for row in parent.rows] or [None]
    made.rows = [
        {"key": number, "ref": drawing.pick((*keys, None)), "body": "x"} for number in range(drawing.pick((1, 2, 4)))
    ]
    drawing.refers(made, "ref", parent, to, action=action)


def _child_of_two(drawing: Drawing, identity: Table) -> None:
    second = "tenant" if "tenant" in identity.columns else "name"
    identity.constraints.append(f"UNIQUE ({identity.c('key')}, {identity.c(second)})")
    made = _made(drawing, "members", identity.columns["key"])
    made.columns["second"] = Column("second", identity.columns[second].type)
    action = drawing.pick(("", "ON DELETE CASCADE", "ON UPDATE CASCADE", "ON UPDATE CASCADE ON DELETE CASCADE"))
    made.constraints.append(
        f"FOREIGN KEY ({made.c('ref')}, {made.c('second')})"
        f" REFERENCES {identity.sql} ({identity.c('key')}, {identity.c(second)}) {action}"
    )
    made.rows = [
        {"key": number, "ref": row["key"], "second": row[second]}
        for number, row in enumerate(identity.rows)
        if drawing.pick((True, True, False))
    ]


def _child_of_a_partition(drawing: Drawing, identity: Table) -> None:
    """The identity becomes partitioned by its key; a child refers to the partition."""
    # Its key is all that may be unique then.
    if not identity.is_unique("key") or "parent" in identity.columns or drawing.has("child of two columns"):
        return
    mine = f"PRIMARY KEY ({identity.c('key')})"
    identity.constraints = [mine] if mine in identity.constraints else [f"UNIQUE ({identity.c('key')})"]
    identity.options = f"PARTITION BY HASH ({identity.c('key')})"
    leaf = f"CREATE TABLE shops_0 PARTITION OF {identity.sql} FOR VALUES WITH (MODULUS 1, REMAINDER 0)"
    kind = identity.columns["key"].type.split()[0]
    child = f"CREATE TABLE hangers (id INTEGER, ref {kind} REFERENCES shops_0 ON DELETE CASCADE)"
    identity.following += [leaf]
    drawing.case.after += [child, f"INSERT INTO hangers SELECT 1, {identity.c('key')} FROM {identity.sql}"]


def _heir(drawing: Drawing, identity: Table) -> None:
    """A table inherits from the identity, and holds a row under an alias."""
    if identity.options:
        return
    key, name = identity.c("key"), identity.c("name")
    some = {"integer": "77", "text": "'k77'", "uuid": "'00000000-0000-0000-0000-000000000077'"}
    kind = identity.columns["key"].type.split()[0]
    value = some[{"BIGINT": "integer", "TEXT": "text", "UUID": "uuid"}[kind]]
    drawing.case.heirs["heirs"] = identity.name
    drawing.case.after += [
        f"CREATE TABLE heirs () INHERITS ({identity.sql})",
        f"DO $do$ BEGIN INSERT INTO heirs ({key}, {name}) VALUES ({value}, 'pol');"
        " EXCEPTION WHEN OTHERS THEN NULL; END $do$",
    ]
    if drawing.pick((True, False)):
        drawing.case.after += [
            f"ALTER TABLE heirs ADD PRIMARY KEY ({key})",
            f"CREATE TABLE hangers (id INTEGER, ref {kind} REFERENCES heirs ({key}) ON DELETE CASCADE)",
            f"INSERT INTO hangers SELECT 1, {key} FROM heirs",
        ]

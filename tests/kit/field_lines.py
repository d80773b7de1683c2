"""The lines of the field: what a public migration did by hand, said as a spec, on a small schema with rows.

A `Line` is one such migration: its schema, its rows, its specs, and the rows after the upgrade as a person wrote
them. `went` takes it up and down, then up and down by script, and tells what came of each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from accounts import differences
from databases import DIALECTS, Database
from declared import Declared
from several import several
from snapshots import in_order
from whole_database import schema_of, whole

__all__ = ["THE_RUN", "Line", "cases", "went"]

Rows = Sequence[tuple[Any, ...]]

THE_RUN = "the time of the run"
"""Stands in expected rows for the timestamp that the upgrade writes; the rows' own times are older."""
_MORE = """\
from datetime import datetime
from sqlalchemy import case, func
"""
_FOLDS = """\
def upgrade():
    for each in specs:
        op.create_side_tables(each)
    for each in specs:
        op.rekey(each)
def downgrade():
    for each in reversed(specs):
        op.restore(each)
    for each in reversed(specs):
        op.drop_side_tables(each)
"""
_THIS_YEAR = re.compile(r"20(2[6-9]|[3-9]\d)-\d\d-\d\d[ T]\d\d:\d\d.*")
_FRACTION = re.compile(r"(:\d\d)\.0+$")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One migration: `schema` in SQL; `rows` by table, parents first; `specs` as text, each table by its name.

    `after` has the tables that an upgrade leaves otherwise than they were. `names` are the lists of the registry,
    which is not there without them. `leads` are the lines of `rekey_redirect`, where the line is about them.
    `refused`: what the refusal says; nothing changes then.
    """

    name: str
    schema: str
    rows: Mapping[str, Rows]
    specs: str | Sequence[str]
    after: Mapping[str, Rows] = field(default_factory=dict)
    names: Mapping[str, Mapping[object, Sequence[object]]] = field(default_factory=dict)
    leads: Rows | None = None
    refused: str = ""

    @property
    def expected(self) -> dict[str, object]:
        """What `went` tells of a line that holds."""
        if self.refused:
            same = [], []
            return {"plan": 2, "upgrade": (1, True), "script": True, "kept": same}
        rows = {name: _shown(self.after.get(name, given)) for name, given in self.rows.items()}
        seen = {"plan": 0, "up": rows, "down": [], "script": rows, "script back": []}
        return seen if self.leads is None else {**seen, "leads": in_order(list(self.leads))}


def cases(*lines: Line) -> list[object]:
    """Every line on both databases; only the first of the family, on SQLite, runs with the fast tests."""
    made = []
    for number, line in enumerate(lines):
        for dialect in DIALECTS:
            marks = [pytest.mark.slow] if number or dialect != "sqlite" else []
            made.append(pytest.param(dialect, line, marks=marks, id=f"{line.name}-{dialect}"))
    return made


def went(database: Database, folder: Path, line: Line) -> dict[str, object]:
    """What became of the line: rows where a step went well, what was said where it did not."""
    made = _project(database, folder, line)
    for name, given in line.rows.items():
        _insert(database, name, given)
    return _refused(made, line) if line.refused else _folded(made, line)


def _project(database: Database, folder: Path, line: Line) -> Declared:
    """One revision that makes the side tables and performs every fold of the line, one after the other."""
    bodies = [line.specs] if isinstance(line.specs, str) else line.specs
    tables = "".join(f"{name} = t[{name!r}]\n" for name in line.rows)
    specs = "".join(f"    Spec(revision=revision,{body}),\n" for body in bodies)
    fold = f"{_MORE}{tables}specs = (\n{specs})\n{_FOLDS}"
    made = several(database, folder, line.schema, line.rows, {"0001": fold}, registry=line.names)
    if not line.names:
        (made.folder / "names.json").unlink()
    return made


def _folded(made: Declared, line: Line) -> dict[str, object]:
    database, before = made.database, _all(made.database)
    checked = made.check()
    seen: dict[str, object] = {"plan": checked.status if checked.status == 0 else checked.out + checked.err}
    ended = made.upgrade()
    seen["up"] = _rows(database, line) if ended.code == 0 else ended.err
    if line.leads is not None and ended.code == 0:
        seen["leads"] = in_order(database.rows("SELECT noun, old_key, new_key FROM rekey_redirect"))
    ended = made.downgrade("base")
    seen["down"] = _changed(before, database) if ended.code == 0 else ended.err
    ran = database.run_script(made.script("head"))
    seen["script"] = _rows(database, line) if ran.returncode == 0 else ran.stderr.decode()
    ran = database.run_script(made.script("head:base", "downgrade"))
    seen["script back"] = _changed(before, database) if ran.returncode == 0 else ran.stderr.decode()
    return seen


def _refused(made: Declared, line: Line) -> dict[str, object]:
    database, before = made.database, _all(made.database)
    seen: dict[str, object] = {"plan": made.check().status}
    ended = made.upgrade()
    seen["upgrade"] = ended.code, line.refused in ended.err or ended.err
    kept = _changed(before, database)
    ran = database.run_script(made.script("head"))
    said = (ran.stderr + ran.stdout).decode()
    seen["script"] = (ran.returncode != 0 and line.refused in said) or said
    return {**seen, "kept": (kept, _changed(before, database))}


def _all(database: Database) -> tuple[Any, Any]:
    return whole(database), schema_of(database)


def _changed(before: tuple[Any, Any], database: Database) -> list[str]:
    """Every difference to what was there before, rows and schema."""
    rows, schema = _all(database)
    return differences(before[0], rows) + ([] if before[1] == schema else [f"the schema: {schema}"])


def _insert(database: Database, name: str, given: Rows) -> None:
    """All in one statement: rows of a tree refer to each other."""
    if given:
        marks = ", ".join("(" + ", ".join(database.placeholder for _ in row) + ")" for row in given)
        database.execute(f'INSERT INTO "{name}" VALUES {marks}', [value for row in given for value in row])


def _rows(database: Database, line: Line) -> dict[str, list[tuple[Any, ...]]]:
    return {name: _shown([tuple(row.values()) for row in database.table(name)]) for name in line.rows}


def _shown(rows: Rows) -> list[tuple[Any, ...]]:
    return in_order([tuple(_plain(value) for value in row) for row in rows])


def _plain(value: object) -> object:
    """The value alike on both databases, whatever a boolean is there; a time of the run by its name."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return str(value)
    if isinstance(value, str):
        return THE_RUN if _THIS_YEAR.fullmatch(value) else _FRACTION.sub(r"\1", value)
    return value

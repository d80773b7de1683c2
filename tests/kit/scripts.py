"""Scripts as `alembic upgrade … --sql` writes them, and what a database is apart from a run's times."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from io import StringIO
from pathlib import Path

from alembic import command
from alembic.config import Config

from databases import Database

__all__ = ["REGISTRY", "ROOT", "SAMPLE", "generated", "once", "state"]

ROOT = Path(__file__).resolve().parents[2]


def generated(url: str, registry: Path, revision: str = "head", *, folder: Path | None = None, **x: str) -> str:
    """What `alembic upgrade REVISION --sql` prints, of the project in `folder`; raises what Alembic raises."""
    written = StringIO()
    given = [f"{name}={value}" for name, value in {"url": url, "registry": registry, **x}.items()]
    config = Config(str(ROOT / "alembic.ini"), output_buffer=written, cmd_opts=argparse.Namespace(x=given))
    if folder is not None:
        config.set_main_option("script_location", str(folder))
    command.upgrade(config, revision, sql=True)
    return written.getvalue()


def once(write: Callable[..., str], url: str, registry: Path, *given: object, **settings: object) -> str:
    """The script that `write` writes, for tests that only run it: one per dialect, names and settings is enough."""
    key = (write, url.partition(":")[0], registry.read_bytes(), given, *sorted(settings.items()))
    if key not in _WRITTEN:
        _WRITTEN[key] = write(url, registry, *given, **settings)
    return _WRITTEN[key]


_WRITTEN: dict[object, str] = {}


def state(database: Database) -> dict[str, object]:
    """Every table and every row, and the schema, with a name for each time that only the run itself knows.

    The fingerprint of the plan is left out: a script cannot compute it.
    """
    own = {"finished_at": "the run's end", "restored_at": "the way back's end", "plan_sha256": "the plan's fingerprint"}
    started = {row["started_at"] for row in database.table("rekey_run")} if "rekey_run" in database.tables() else set()

    def shown(column: str, value: object) -> str:
        return own.get(column) or ("the run's start" if value in started else repr(value))

    seen: dict[str, object] = {}
    for name in sorted(database.tables()):
        rows = [tuple(f"{c}={shown(c, v)}" for c, v in row.items()) for row in database.table(name)]
        seen[name] = sorted(rows)
    return {**seen, "schema": schema(database)}


def schema(database: Database) -> object:
    """What the catalog says, blanks aside."""
    if database.dialect == "sqlite":
        found = database.rows("SELECT type, name, tbl_name, sql FROM sqlite_schema")
        return sorted((kind, name, of, "".join((text or "").split())) for kind, name, of, text in found)
    whole = database.snapshot()
    assert isinstance(whole, dict)
    return {kind: found for kind, found in whole.items() if not kind.startswith("rows of ")}


REGISTRY = {"p05-interferometer": ["p05", "interferometer"], "p06-polisher": ["p06"]}
"""A registry for tests of one thing at a time; `SAMPLE` has something to do for every statement that it leads to."""

TIMES = {"created_at": "2026-01-01 09:00:00+00:00", "updated_at": "2026-01-02 09:00:00.123456+00:00"}

SAMPLE: dict[str, list[dict[str, object]]] = {
    "projects": [
        {"id": "shadow", "name": "p05", "description": "MARKER-description", **TIMES},
        {"id": "canonical", "name": "p05-interferometer", **TIMES},
        {"id": "orphan", "name": "P06", **TIMES},
        {"id": "other", "name": "MARKER-unregistered", **TIMES},
    ],
    "project_state": [
        {"id": "moves", "project_id": "shadow", "category": "c", "key": "MARKER-key", "value": "MARKER-value", **TIMES},
        {"id": "same-1", "project_id": "shadow", "category": "c", "key": "same", "value": "one", **TIMES},
        {"id": "same-2", "project_id": "canonical", "category": "c", "key": "same", "value": "one", **TIMES},
        {"id": "orphans", "project_id": "orphan", "category": "c", "key": "k", "value": "v", **TIMES},
    ],
    "memories": [
        {"id": "m1", "memory_type": "fact", "content": "MARKER-content", "project": "p05", **TIMES},
        {"id": "m2", "memory_type": "fact", "content": "MARKER-content", "project": "p05-interferometer", **TIMES},
    ],
    "interactions": [
        {
            "id": "i1",
            "prompt": "MARKER-prompt",
            "response": "MARKER-response",
            "project": "interferometer",
            "created_at": TIMES["created_at"],
        },
        {"id": "i2", "prompt": "MARKER-second", "project": "p06", "created_at": TIMES["created_at"]},
    ],
}

"""A project of as many revisions as a test writes, over tables that are declared as the database has them.

`declared` makes one fold of one spec; here a test writes the revisions themselves, as a person would.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from databases import Database
from declared import ENVIRONMENT, INI, REVISION, Declared, frozen

__all__ = ["THERE_AND_BACK", "both_ways", "goes", "several"]

THERE_AND_BACK = """
def upgrade():
    op.create_side_tables(spec)
    op.rekey(spec)
def downgrade():
    op.restore(spec)
    op.drop_side_tables(spec)
"""
"""What a revision does with its one `spec`: the end of a body."""

both_ways = pytest.mark.parametrize("how", ["online", "script"])
"""For tests that go both ways by `goes`."""


def several(
    database: Database,
    folder: Path,
    definitions: str,
    tables: Iterable[str],
    bodies: Mapping[str, str],
    *,
    registry: Mapping[str, Mapping[str, Iterable[str]]],
) -> Declared:
    """Makes the schema and the project; `bodies` are the texts of its revisions, each behind the one before.

    In each stand `revision`, everything that the library exports, and `t[name]`: the tables as they are now.
    `registry` are the lists of the registry: canonical names with their aliases.
    """
    database.execute(definitions)
    project = folder / "several"
    versions = project / "migrations" / "versions"
    versions.mkdir(parents=True)
    (project / "alembic.ini").write_text(INI, "utf-8")
    (project / "migrations" / "env.py").write_text(ENVIRONMENT, "utf-8")
    listed = {
        field: [{"id": name, "aliases": list(aliases)} for name, aliases in names.items()]
        for field, names in registry.items()
    }
    (project / "names.json").write_text(json.dumps(listed), "utf-8")
    declared = frozen(database, [(None, name) for name in tables], {})
    before = None
    for number, body in bodies.items():
        head = REVISION.format(title=f"revision {number}", revision=number, down=before)
        (versions / f"{number}.py").write_text(f"{head}{declared}{body}", "utf-8")
        before = number
    return Declared(database, project)


def goes(project: Declared, how: str, way: str, start: str, to: str) -> None:
    """Goes from the revision `start` to `to`, `online` or by a `script` in the database's own shell."""
    if how == "online":
        ended = project.alembic(way, to)
        assert 0 == ended.code, ended.err
        return
    done = project.database.run_script(project.script(f"{start}:{to}" if start else to, way))
    assert 0 == done.returncode, done.stderr

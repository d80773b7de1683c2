"""What changes the application's tables is marked in a script, and the header tells the lines."""

from __future__ import annotations

import re
import shutil
from types import SimpleNamespace

import pytest

import legacy
from scripts import REGISTRY, ROOT, generated
from ways_back import script_back

URLS = {"sqlite": "sqlite:////no/such/folder/atocore.db", "postgresql": "postgresql://host.invalid:1/nothing"}
WRITES = re.compile(r'\b(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM|ALTER TABLE|DROP TABLE) ("[^"]*"|\w+)')


@pytest.fixture(params=URLS)
def url(request):
    return URLS[request.param]


def written(line: str) -> set[str]:
    """The tables of the application that a line of a script writes, by what it says outside of comments and texts."""
    plain = re.sub(r"'(?:[^']|'')*'", "''", line.split("--", maxsplit=1)[0])
    return {name for name in WRITES.findall(plain) if not re.match('"?(rekey_|alembic_version)', name)}


NEIGHBOUR = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"

def upgrade():
    op.add_column("memories", sa.Column("later", sa.Text()))
    op.execute(sa.table("memories", sa.column("later", sa.Text())).update().values(later="x"))
    op.execute("UPDATE memories SET later = 'y'")
"""


def test_what_another_revision_changes_is_marked_too(tmp_path, url):
    folder = tmp_path / "alembic"
    shutil.copytree(ROOT / "alembic", folder)
    (folder / "versions" / "0004_later.py").write_text(NEIGHBOUR, encoding="ascii")
    registry = legacy.write_registry(tmp_path / "registry.json", REGISTRY)
    script = generated(url, registry, "0003:0004", folder=folder)
    assert ["ALTER TABLE", "UPDATE"] == re.findall(r"^-- CHANGES memories\n([A-Z ]+) memories", script, re.M)
    assert ["'y'"] == re.findall(r"^-- CHANGES what its text says\nUPDATE memories SET later = (.*);", script, re.M)


@pytest.mark.slow
@pytest.mark.parametrize("revisions", ["0002:0003", "head", "0003:0002"])
def test_a_mark_stands_above_each_statement_that_changes_a_table_of_the_application(tmp_path, url, revisions):
    registry = legacy.write_registry(tmp_path / "registry.json", REGISTRY)
    back = revisions == "0003:0002"
    script = script_back(SimpleNamespace(url=url), registry, revisions) if back else generated(url, registry, revisions)
    seen = 0
    for statement in re.split(r";\n", script):
        marks = re.findall(r"^-- CHANGES (.+)$", statement, re.M)
        tables = set().union(*map(written, statement.splitlines()))
        assert sorted(tables) == marks, statement
        seen += len(marks)
    assert seen > 8


def test_the_header_tells_the_lines_of_the_marks_and_no_others(tmp_path, url):
    script = generated(url, legacy.write_registry(tmp_path / "registry.json", REGISTRY))
    lines = script.splitlines()
    marks = [
        (line.removeprefix("-- CHANGES "), at) for at, line in enumerate(lines, 1) if line.startswith("-- CHANGES ")
    ]
    told = re.search(r"in these lines:\n((?:--   .*\n)+)", script)
    assert told is not None
    listed = [line.removeprefix("--   ").split(": ") for line in told[1].splitlines()]
    assert sorted(marks) == sorted((table, int(at)) for table, places in listed for at in places.split(", "))


def test_a_script_that_changes_no_such_table_lists_none(tmp_path, url):
    script = generated(url, legacy.write_registry(tmp_path / "registry.json", REGISTRY), "0001:0002")
    assert "CHANGES" not in script

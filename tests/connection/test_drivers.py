"""Claims about drivers: with each the whole way is gone, and nothing that is kept or written depends on which."""

import json
import os
from contextlib import contextmanager

import pytest
import sqlcipher3

from alembic_rekey.sql.dialects import DATABASES
from commands import rekey_with
from databases import SQLiteDatabase
from examples import ROOT, alembic_here
from legacy import TABLES
from ways_back import drop_side_tables, everything, prepared

DRIVERS = {
    "pysqlite": ("sqlite", ""),
    "aiosqlite": ("sqlite", "+aiosqlite"),
    "pysqlcipher": ("sqlite", "+pysqlcipher"),
    "psycopg": ("postgresql", "+psycopg"),
    "psycopg2": ("postgresql", "+psycopg2"),
    "asyncpg": ("postgresql", "+asyncpg"),
    "pg8000": ("postgresql", "+pg8000"),
    "psycopg_async": ("postgresql", "+psycopg_async"),
}
PASSPHRASE = 's3cret"; --'
FAST = ("aiosqlite",)
"""The other of coroutines needs a server."""
USUAL = ("pysqlite", "psycopg")
"""Every other test of a refusal has one of them."""
OTHERS = [name for name in DRIVERS if os.environ.get("REKEY_LONG") or name not in USUAL]


class Encrypted(SQLiteDatabase):
    """A file of SQLCipher."""

    def _connect(self, *, mode="rwc"):
        made = sqlcipher3.connect(f"{self.path.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=10)
        made.execute('PRAGMA key = "{}"'.format(PASSPHRASE.replace('"', '""')))
        return made


@contextmanager
def made(request, driver, folder):
    """An empty database of the kind that `driver` is for, and its URL."""
    kind, named = DRIVERS[driver]
    if driver == "pysqlcipher":
        file = Encrypted(folder / "encrypted.db")
        yield file, f"sqlite+pysqlcipher://:s3cret%22%3B%20--@/{file.path}"
    elif kind == "sqlite":
        file = SQLiteDatabase(folder / "app.db")
        yield file, f"sqlite{named}:///{file.path}"
    else:
        databases = request.getfixturevalue("databases")
        lent = databases.lend()
        yield lent, lent.url.replace("+psycopg", named, 1)
        databases.take_back(lent)


def test_every_driver_that_is_supported_is_tried_here():
    assert {(driver, DRIVERS[driver][0]) for driver in DRIVERS} == {
        (driver, kind) for kind, one in DATABASES.items() for driver in one.drivers
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "driver", [pytest.param(name, marks=[] if name in FAST else pytest.mark.slow) for name in DRIVERS]
)
def test_the_whole_way_is_gone_with_it_and_no_word_of_it_differs(request, tmp_path, driver):
    with made(request, driver, tmp_path) as (database, url):
        registry = prepared(database, tmp_path, everything(), {"p05-interferometer": ["p05", "interferometer"]})
        settings = {"url": url, "registry": registry, "report_dir": tmp_path / "reports"}

        def content():
            return {table: database.table(table) for table in TABLES}

        def does(*arguments, **more):
            ended = alembic_here(*arguments, **settings, **more)
            assert 0 == ended.code, ended.err
            return ended.out

        def says(*arguments):
            options = [word for name, value in settings.items() for word in ("-x", f"{name}={value}")]
            said = rekey_with("-c", str(ROOT / "alembic.ini"), *options, *arguments)
            assert 0 == said.status, said.err
            return said

        before = content()
        planned = says("plan", "--json").document["plan"]
        assert says("plan", "--check").out
        script = does("upgrade", "head", "--sql")
        settings["url"], other = database.url, settings["url"]
        assert script == does("upgrade", "head", "--sql")
        if driver != "pysqlcipher":  # the machine's shell cannot open it
            assert planned["fingerprint"] == says("plan", "--json").document["plan"]["fingerprint"]
        settings["url"] = other
        does("upgrade", "head", expect_plan=planned["fingerprint"])
        folded = content()
        assert before != folded
        assert "applied" in says("runs").out
        assert "Nothing outside the specs holds" in says("scan", "--check").out
        assert planned["counts"] == json.loads(says("report").out)["plan"]["counts"]
        assert says("restore-plan").out
        assert "(head)" in does("current")
        does("check")
        does("downgrade", "-1")
        assert before == content()
        does("upgrade", "head")
        (report,) = (
            path
            for path in (tmp_path / "reports").glob("*.json")
            if "-dry-run" not in path.name and path.name.endswith("-2.json")
        )
        drop_side_tables(database)
        does("downgrade", "-1", report=report)
        assert before == content()


@pytest.mark.slow
@pytest.mark.parametrize("driver", OTHERS)
def test_a_refusal_leaves_the_database_as_it_was(request, tmp_path, driver):
    rows = everything()
    rows["project_state"] += [
        {**rows["project_state"][0], "id": f"collides-{owner}", "project_id": owner, "key": "x", "value": owner}
        | {"status": "active"}
        for owner in ("c", "s")
    ]
    with made(request, driver, tmp_path) as (database, url):
        registry = prepared(database, tmp_path, rows, {"p05-interferometer": ["p05", "interferometer"]})
        before = {table: database.table(table) for table in TABLES}
        tables = database.tables()
        ended = alembic_here("upgrade", "head", url=url, registry=registry, report_dir=tmp_path / "reports")
        assert 2 == ended.code
        assert "rekey_collision_state" in ended.err
        assert before == {table: database.table(table) for table in TABLES}
        assert tables == database.tables()

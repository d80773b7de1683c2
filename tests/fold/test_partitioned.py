"""Claims about tables of PostgreSQL that are partitioned: they fold as plain ones do, and go back (issue 6)."""

import json

import pytest

import legacy
from commands import rekey_here
from databases import PostgreSQLDatabase
from examples import alembic_here, folded, prepared, refuses, state
from partitions import LAYOUTS, partition

pytestmark = pytest.mark.slow

ROWS = folded()
# A row of each partition by time, and one that has no time.
ROWS["interactions"] += [
    {"id": f"t{number}", "prompt": "?", "project": "P05", "created_at": time}
    for number, time in enumerate(("2025-01-01 00:00:00+00:00", "2025-12-01 00:00:00+00:00", None))
]


@pytest.fixture(params=LAYOUTS)
def partitioned(request, server):
    made = PostgreSQLDatabase(server, f"partitioned_{request.param}")
    legacy.create(made)
    partition(made, request.param)
    yield made
    made.close()


@pytest.fixture(scope="module")
def plainly_folded(server, tmp_path_factory, upgrade):
    """The same rows in plain tables, folded."""
    plain = PostgreSQLDatabase(server, "not_partitioned")
    upgrade(plain, prepared(plain, tmp_path_factory.mktemp("plain"), ROWS))
    yield rows(plain)
    plain.close()


@pytest.fixture
def registry(partitioned, tmp_path):
    legacy.fill(partitioned, ROWS)
    return legacy.write_registry(
        tmp_path / "registry.json", {"p05-interferometer": ["p05", "interferometer"], "p06-polisher": ["p06"]}
    )


def rows(database):
    """Every row, with a name for the run's own time."""
    ((started,),) = database.rows("SELECT started_at::text FROM rekey_run ORDER BY id DESC LIMIT 1")
    return {
        table: [
            {name: "the run's time" if str(value) == started else value for name, value in row.items()} for row in lines
        ]
        for table, lines in legacy.read(database).items()
    }


def spread(database, table):
    """How many partitions of a table hold rows."""
    return len(database.rows(f"SELECT DISTINCT tableoid FROM {table}"))


def test_they_fold_and_go_back_online(partitioned, registry, plainly_folded):
    before = legacy.read(partitioned)
    settings = {"url": partitioned.url, "registry": registry, "report_dir": registry.parent / "reports"}
    assert min(spread(partitioned, table) for table in ("project_state", "memories", "interactions")) > 1
    assert 0 == rekey_here(partitioned, registry, "plan", "--check").status
    assert 0 == alembic_here("upgrade", "head", **settings).code
    assert plainly_folded == rows(partitioned)
    assert 0 == alembic_here("downgrade", "-1", **settings).code
    assert before == legacy.read(partitioned)


def test_they_fold_and_go_back_by_script(partitioned, registry, plainly_folded):
    before = legacy.read(partitioned)
    settings = {"url": partitioned.url, "registry": registry}
    for way, revisions in (("upgrade", "head"), ("downgrade", "head:-1")):
        written = alembic_here(way, revisions, "--sql", **settings)
        assert 0 == written.code, written.err
        ran = partitioned.run_script(written.out.encode())
        assert 0 == ran.returncode, ran.stderr
        assert (plainly_folded == rows(partitioned)) == (way == "upgrade")
    assert before == legacy.read(partitioned)


def test_they_go_back_from_a_report(partitioned, registry):
    before = legacy.read(partitioned)
    reports = registry.parent / "reports"
    settings = {"url": partitioned.url, "registry": registry, "report_dir": reports}
    assert 0 == alembic_here("upgrade", "head", **settings).code
    for table in ("rekey_run", "rekey_count", "rekey_alias", *(f"rekey_journal_{name}" for name in legacy.TABLES)):
        partitioned.execute(f"DROP TABLE {table}")
    (report,) = reports.iterdir()
    assert 14 == sum(json.loads(report.read_text())["apply_summary"].values())
    ended = alembic_here("downgrade", "-1", **settings, report=report)
    assert 0 == ended.code, ended.err
    assert before == legacy.read(partitioned)


def test_a_partition_with_rows_on_a_shadow_is_named_once(partitioned, registry):
    partitioned.execute(
        "CREATE TABLE notes (project text REFERENCES projects (id), number int) PARTITION BY HASH (number)"
    )
    for number in range(2):
        partitioned.execute(
            f"CREATE TABLE notes_{number} PARTITION OF notes FOR VALUES WITH (MODULUS 2, REMAINDER {number})"
        )
    partitioned.execute("INSERT INTO notes SELECT 's', generate_series(1, 10)")
    said = refuses(partitioned, registry, "rekey_attached_project", "notes")
    assert 1 == said.count("10 ")


def test_a_collision_in_them_refuses(partitioned, registry):
    partitioned.insert(
        "project_state", [state("one", "s", "1", "active", key="live"), state("two", "c", "2", "active", key="live")]
    )
    refuses(partitioned, registry, "rekey_collision_state")

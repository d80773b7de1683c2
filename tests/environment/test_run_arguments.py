"""Claims about `run()`: what it gives `configure()` itself is refused with a sentence; all else passes."""

import pytest

import small
from alembic_rekey import environment
from commands import rekey_with

GIVEN = ("transaction_per_migration=True", "literal_binds=True", 'dialect_opts={"paramstyle": "named"}')
OTHERS = ("transactional_ddl=False", "as_sql=True", 'dialect_name="sqlite"')


@pytest.mark.words
@pytest.mark.parametrize("given", [*GIVEN, *(pytest.param(given, marks=pytest.mark.slow) for given in OTHERS)])
@pytest.mark.parametrize("command", [("upgrade", "head"), ("upgrade", "head", "--sql"), ("current",)])
def test_an_argument_that_run_gives_itself_is_refused_by_its_name_and_with_a_remedy(database, tmp_path, given, command):
    """Case 28: a traceback."""
    project = small.make(database, tmp_path, arguments=given)
    before = database.snapshot()
    ended = project.alembic(*command)
    assert (1, "") == (ended.code, ended.out)
    name = given.partition("=")[0]
    assert f"FAILED: setting {name}: run() gives this argument of configure() itself." in ended.err
    assert "what to do: leave it away in env.py: " in ended.err
    assert "Traceback" not in ended.err
    assert before == database.snapshot()
    planned = rekey_with("-c", str(project.config), "plan", "--check")
    assert (1, "") == (planned.status, planned.out)
    assert f"FAILED: setting {name}: run() gives this argument" in planned.err
    env = tmp_path / "migrations" / "env.py"
    env.write_text(env.read_text("utf-8").replace(given, ""), "utf-8")
    project.does(*command)


def test_every_argument_that_run_gives_itself_was_tried_here():
    assert {given.partition("=")[0] for given in (*GIVEN, *OTHERS)} == set(environment._OURS)


def test_other_arguments_pass(database, tmp_path):
    project = small.make(database, tmp_path, arguments='version_table="versions", render_as_batch=True')
    project.does("upgrade", "head")
    assert [("0001",)] == database.rows("SELECT version_num FROM versions")

"""Claims about whose plan is made: of the database, the revisions and the arguments that an upgrade has."""

import json

import pytest

from two_folds import make

OWN_URL = """\
import os
from alembic import context
context.config.set_main_option("sqlalchemy.url", os.environ["APP_URL"].replace("%", "%%"))
import alembic_rekey.operations
from alembic_rekey.environment import run
run(None)
"""


@pytest.fixture
def project(database, tmp_path):
    return make(database, tmp_path / "app")


def run_with(project, call):
    text = project.environment.read_text("utf-8")
    project.environment.write_text(text.replace("run(None)", f"run(None, {call})"), "utf-8")


def fingerprints(said):
    return [line.split()[1] for line in said.out.splitlines() if line.startswith("  fingerprint  ")]


# Of which database.


@pytest.mark.words
def test_without_a_database_every_command_refuses_and_none_takes_a_default(project):
    """Case 18: the plan looked at the default of another product, and said that it is empty."""
    project.configure()
    for command in (["plan", "--check"], ["plan"], ["runs"], ["report"], ["restore-plan"]):
        said = project.rekey(*command)
        assert (1, "") == (said.status, said.out)
        assert said.err.startswith("FAILED: setting url: no database is named.\n  what to do: name it with -x url=URL")
    ended = project.alembic("upgrade", "head")
    assert (1, True) == (ended.code, "FAILED: setting url: no database is named." in ended.err)
    assert [] == project.reports


@pytest.mark.words
@pytest.mark.slow
def test_a_url_that_env_py_sets_is_that_of_the_plan_and_of_the_upgrade(project, database, monkeypatch):
    """Case 18, the remedy."""
    project.configure("sqlalchemy.url = driver://user:pass@localhost/dbname")
    project.environment.write_text(OWN_URL, "utf-8")
    said = project.rekey("plan")
    assert (1, True) == (said.status, "env.py ended with KeyError: 'APP_URL'." in said.err)
    monkeypatch.setenv("APP_URL", database.url)
    said = project.rekey("plan", "--check")
    assert (0, "") == (said.status, said.err)
    assert "notes: rekeyed (1)" in said.out
    project.does("upgrade", "head")
    assert [(1, "polisher"), (2, "polisher")] == project.tags("notes")
    assert "applied" in project.rekey("runs").out


@pytest.mark.slow
def test_asking_env_py_connects_to_nothing_and_leaves_standard_output_alone(database, project, monkeypatch):
    project.environment.write_text(OWN_URL + "print('to standard output')\n", "utf-8")
    before = database.snapshot()
    monkeypatch.setenv("APP_URL", "sqlite:////nowhere/at/all.db")
    said = project.rekey("plan", "--json", "-x", f"url={database.url}")
    assert (0, "polisher") == (said.status, json.JSONDecoder().raw_decode(said.out)[0]["plan"]["alias_map"]["pol"])
    assert before == database.snapshot()


@pytest.mark.words
@pytest.mark.slow
def test_the_password_of_a_url_is_not_in_what_is_said_of_env_py(project):
    project.environment.write_text(OWN_URL.replace("import os", "raise ValueError('postgresql://u:s3cret@h/d')"))
    said = project.rekey("plan")
    assert (1, True, False) == (said.status, "env.py ended with ValueError." in said.err, "s3cret" in said.err)


@pytest.mark.words
@pytest.mark.slow
def test_an_environment_that_ends_before_it_leads_anywhere_is_told(project):
    """Any env.py is asked where the database is, as by `alembic current`; what it gives up with is passed on."""
    project.environment.write_text("raise SystemExit('no secrets here')\n", "utf-8")
    said = project.rekey("plan", "--check")
    assert 1 == said.status
    assert "no secrets here" in said.err
    assert "Traceback" not in said.err


@pytest.mark.words
@pytest.mark.slow
def test_the_section_of_the_file_is_chosen_as_with_alembic(project):
    """Case 18, its sections."""
    text = project.config.read_text("utf-8")
    project.config.write_text("[alembic]\nscript_location = nowhere\n" + text.replace("[alembic]", "[prod]"), "utf-8")
    assert 1 == project.rekey("plan", "--check").status
    for arguments in (["-n", "prod", "plan", "--check"], ["plan", "--check", "--name", "prod"]):
        assert 0 == project.rekey(*arguments).status
    project.does("-n", "prod", "upgrade", "head")
    assert "2  " in project.rekey("-n", "prod", "runs").out
    said = project.rekey("-n", "test", "plan")
    assert (1, "") == (said.status, said.out)


# Of which revisions.


@pytest.mark.slow
@pytest.mark.parametrize("schema", ["none", "its own"])
def test_the_table_of_versions_is_the_one_that_env_py_names(project, database, schema):
    """Case 19: the plan was that of a revision which had run."""
    named = None
    if schema == "its own":
        named = {"sqlite": "main", "postgresql": "admin"}[database.dialect]
        database.execute("CREATE SCHEMA admin") if database.dialect == "postgresql" else None
    run_with(project, f"version_table='my_versions', version_table_schema={named!r}")
    project.does("upgrade", "0002")
    # Another application's, in the same database.
    database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    database.execute("INSERT INTO alembic_version VALUES ('a1b2c3d4e5f6')")
    said = project.rekey("plan", "--check")
    assert (0, True) == (said.status, said.out.startswith("Plan of revision 0003, ")), said.err
    assert "tasks: rekeyed (1)" in said.out
    project.does("upgrade", "head")
    assert [(1, "polisher")] == project.tags("tasks")


@pytest.mark.slow
def test_every_pending_fold_is_planned_in_order(project):
    said = project.rekey("plan", "--check")
    assert 0 == said.status
    assert ["0002,", "0003,"] == [line.split()[3] for line in said.out.splitlines() if line.startswith("Plan of")]
    assert "the upgrade folds with revision 0003 as well, which has a plan of its own." in said.out
    assert "planned on the rows as they are before revision 0002, which folds first." in said.out
    assert said.out.endswith(
        "2 folds are pending, revision 0003 on rows that change before it: the upgrade would carry out what revision "
        "0002, 0003 plans: alembic upgrade head\n"
    )
    assert 2 == len([name for name in project.reports if name.startswith("projects-2") and "-dry-run" in name])
    project.does("upgrade", "head")
    assert [(1, "polisher")] == project.tags("tasks")


@pytest.mark.words
@pytest.mark.slow
def test_it_is_never_said_that_nothing_would_be_touched_where_a_later_fold_touches_a_row(project, database):
    """Case 20: the first of two plans was empty, and the second was carried out unseen."""
    database.execute("DELETE FROM notes; DELETE FROM projects WHERE id = 2")
    said = project.rekey("plan", "--check")
    assert 0 == said.status
    assert "The plan is empty: revision 0002 would touch no row." in said.out
    assert "Revision 0003 would carry this plan out." in said.out
    assert "the upgrade would touch no row" not in said.out
    assert "2 folds are pending: the upgrade would carry out what revision 0003 plans" in said.out
    project.does("upgrade", "head")
    assert [(1, "polisher")] == project.tags("tasks")


@pytest.mark.words
@pytest.mark.slow
def test_nothing_to_do_is_said_only_where_every_plan_is_empty(project, database):
    database.execute("DELETE FROM notes; DELETE FROM tasks; DELETE FROM projects WHERE id = 2")
    said = project.rekey("plan", "--check")
    assert (3, True) == (said.status, "every plan is empty: the upgrade would touch no row." in said.out)
    said = project.rekey("plan", "--check", "-x", "allow_empty=false")
    assert (2, True) == (said.status, "the upgrade would refuse the plan of revision 0002, 0003" in said.out)
    assert 2 == project.alembic("upgrade", "head", allow_empty="false").code


@pytest.mark.sqlite_first
@pytest.mark.parametrize("demand", [{"allow_empty": "false"}, {"expect_plan": "0" * 64}], ids=str)
def test_where_every_fold_is_applied_nothing_is_demanded_of_a_plan_as_nothing_is_of_the_upgrade(project, demand):
    project.does("upgrade", "head")
    given = [word for name, value in demand.items() for word in ("-x", f"{name}={value}")]
    assert 3 == project.rekey("plan", "--check", *given).status
    project.does("upgrade", "head", **demand)


@pytest.mark.sqlite_first
def test_what_a_later_fold_would_refuse_refuses_the_upgrade(project, database):
    database.execute("ALTER TABLE tasks RENAME COLUMN project TO client")
    said = project.rekey("plan", "--check")
    assert (2, True) == (said.status, "revision 0003 cannot be planned" in said.err)
    assert [] == project.reports
    assert 2 == project.alembic("upgrade", "head").code


@pytest.mark.words
@pytest.mark.slow
def test_json_and_pages_hold_every_plan(project, tmp_path):
    said = project.rekey("plan", "--json", "--html", str(tmp_path / "plan.html"))
    first, end = json.JSONDecoder().raw_decode(said.out)
    second = json.loads(said.out[end:])
    assert ["dry-run", "dry-run"] == [document["mode"] for document in (first, second)]
    assert [["note_plans"], ["task_plans"]] == [
        [title for title in document["plan"] if title.endswith("_plans")] for document in (first, second)
    ]
    for number, name in (("0002", "plan.html"), ("0003", "plan-2.html")):
        assert f"Plan of revision {number}" in (tmp_path / name).read_text("utf-8")


# What was approved.


@pytest.mark.words
@pytest.mark.slow
def test_an_approval_of_one_of_two_pending_folds_is_refused_with_that_reason(project, database):
    """Case 20, its approval."""
    said = project.rekey("plan")
    first, _ = fingerprints(said)
    report = next(line.split()[1] for line in said.out.splitlines() if line.startswith("  report  "))
    said = project.rekey("plan", "--check", "-x", f"expect_plan={first}")
    assert (2, True) == (
        said.status,
        "revision 0003 is fold 2 of this upgrade, which was given 1 approvals" in said.out,
    )
    before = database.snapshot()
    for script, approved in ([], first), (["--sql"], report):
        ended = project.alembic("upgrade", "head", *script, expect_plan=approved)
        assert (2, "") == (ended.code, ended.out)
        assert "revision 0003 is fold 2 of this upgrade, which was given 1 approvals" in ended.err
    assert before == database.snapshot()
    # As the remedy says.
    project.does("upgrade", "0002", expect_plan=first)
    (second,) = fingerprints(project.rekey("plan", "--check"))
    project.does("upgrade", "0003", expect_plan=second)
    assert [(1, "polisher")] == project.tags("tasks")


# With which arguments.


@pytest.mark.words
@pytest.mark.slow
def test_the_projects_own_x_arguments_pass_everywhere(project):
    """Case 32: a project with arguments of its own could not use the library."""
    project.environment.write_text(
        "from alembic import context\nassert context.get_x_argument(as_dictionary=True)['tenant'] == 'north'\n"
        + project.environment.read_text("utf-8"),
        "utf-8",
    )
    own = ["-x", "tenant=north", "-x", "verbose"]
    assert 0 == project.rekey(*own, "plan", "--check").status
    said = project.rekey("plan")
    assert (1, True) == (said.status, "env.py ended with KeyError: 'tenant'." in said.err)
    assert "rekey_run" in project.does("-x", "verbose", "upgrade", "head", "--sql", tenant="north").out
    project.does("-x", "verbose", "upgrade", "head", tenant="north")
    assert [(1, "polisher"), (2, "polisher")] == project.tags("notes")
    for misspelt in ("repot=x", "report-dir=x", "rekey.tenant=x"):
        ended = project.alembic("-x", misspelt, "downgrade", "-1", tenant="north")
        assert (1, True) == (ended.code, "there is no such setting" in ended.err)
        assert 1 == project.rekey(*own, "-x", misspelt, "plan", "--check").status
    project.does("-x", "verbose", "downgrade", "-1", tenant="north")
    assert [(1, "pol")] == project.tags("tasks")


@pytest.mark.words
@pytest.mark.slow
def test_reports_are_called_after_what_is_folded_and_lie_beside_the_ini_file(project, monkeypatch):
    monkeypatch.chdir("/")
    project.does("upgrade", "head")
    stamped = [name.removeprefix("projects-20") for name in project.reports]
    assert {"1.json", "2.json"} == {name.partition("Z-")[2] for name in stamped}
    assert stamped != project.reports

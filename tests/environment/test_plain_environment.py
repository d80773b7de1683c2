"""Claims about an `env.py` that is not ours: a fold joins the transaction there, or refuses with the lines to add.

Every project here is as a template of Alembic made it; `alembic-rekey init` was never run.
"""

import re
import sqlite3
from contextlib import closing

import pytest

import small
from alembic_rekey.guide.topics import page
from databases import SQLiteDatabase
from templates import AS_BEFORE, FOLDED, made

FOLD = small.fold("a1", "a0").replace(
    "from alembic import op", "import alembic_rekey.operations\nfrom alembic import op"
)
HANGING = (
    "CREATE TABLE children (id INTEGER PRIMARY KEY, project_id INTEGER REFERENCES projects (id));"
    "INSERT INTO children VALUES (1, 2);"
)
ENGINE = """engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )"""
LISTENS = """
    from sqlalchemy import event

    event.listen(connectable, "connect", lambda made, _: made.execute("PRAGMA foreign_keys = ON"))

    with connectable.connect() as connection"""
CONNECT = "\n    with connectable.connect() as connection"


@pytest.fixture
def project(database, tmp_path):
    with made("generic", database, tmp_path) as one:
        yield folding(one)


def folding(project, text=FOLD):
    (project.folder / "migrations" / "versions" / "a1_fold.py").write_text(text, "utf-8")
    return project


def reports(project):
    return sorted(path.name for path in (project.folder / "reports").glob("*") if "dry-run" not in path.name)


def there_and_back(project):
    assert "'pol' -> 'polisher'" in project.says(*project.x, "plan")
    assert AS_BEFORE == project.notes()
    project.does("upgrade", "head")
    assert FOLDED == project.notes()
    assert ["json"] == [name.rpartition(".")[2] for name in reports(project)]
    assert "every fold is applied already" in project.says(*project.x, "plan")
    assert "applied" in project.says(*project.x, "runs")
    project.does("downgrade", "a0")
    assert AS_BEFORE == project.notes()
    assert [] == [name for name in project.database.tables() if name.startswith("rekey_")]


def test_a_fold_works_and_goes_back(project):
    there_and_back(project)


@pytest.mark.parametrize("template", ["async", "multidb"])
@pytest.mark.slow
def test_it_does_in_other_templates(tmp_path, template):
    with made(template, SQLiteDatabase(tmp_path / "app.db"), tmp_path) as project:
        text = FOLD
        if project.several:
            for name in ("upgrade", "downgrade"):
                told = f"def {name}(engine_name) -> None:\n    if engine_name == 'engine2':\n        return"
                text = text.replace(f"def {name}() -> None:", told)
        there_and_back(folding(project, text))


def test_a_refusal_says_what_to_do_and_leaves_the_database_as_it_was(database, tmp_path):
    with made("generic", database, tmp_path) as project:
        database.execute(HANGING)
        folding(project).does("upgrade", "a0")
        before = database.snapshot()
        ended = project.alembic("upgrade", "head")
        assert (2, "") == (ended.code, ended.out)
        assert "FAILED: revision a1 refuses to fold; nothing was changed." in ended.err
        assert before == database.snapshot()
        assert [] == reports(project)


@pytest.mark.slow
def test_the_table_of_versions_and_the_database_are_those_of_env_py(project, monkeypatch):
    monkeypatch.setenv("SHOP", project.database.url)
    project.change(project.config, (project.database.url, "driver://user:pass@localhost/dbname"))
    project.change(
        project.env,
        ("config = context.config\n", "import os\n\nfrom sqlalchemy import create_engine\n\nconfig = context.config\n"),
        (ENGINE, 'create_engine(os.environ["SHOP"], poolclass=pool.NullPool)'),
        ("            connection=connection, ", '            connection=connection, version_table="mine", '),
    )
    there_and_back(project)
    assert [("a0",)] == project.database.rows("SELECT version_num FROM mine")


def test_a_plan_does_not_let_env_py_write(project):
    there = "        context.configure(\n            connection"
    more = "        connection.exec_driver_sql(\"INSERT INTO notes VALUES (9, 'pol')\")\n        connection.commit()\n"
    project.change(project.env, (there, more + there))
    before = project.database.snapshot()
    said = project.rekey("plan")
    assert (1, True) == (said.status, "env.py would send INSERT" in said.err)
    assert "what to do: let it do that in a revision, or name the database with -x url=URL" in said.err
    assert "'pol' -> 'polisher'" in project.says("-x", f"url={project.database.url}", "plan")
    assert before == project.database.snapshot()


def test_a_script_is_refused_and_the_remedy_works(project):
    own = project.does("upgrade", "a0", "--sql")
    assert "CREATE TABLE own" in own
    ended = project.alembic("upgrade", "head", "--sql")
    assert (1, False) == (ended.code, "FAILED" in ended.out)
    assert "env.py writes no locks into a script" in ended.err
    project.says("init")
    project.does("upgrade", "a0")
    ran = project.database.run_script(project.script("upgrade", "a0:head").encode())
    assert (0, FOLDED) == (ran.returncode, project.notes()), ran


def test_a_script_of_others_is_what_alembic_writes(database, tmp_path):
    with made("generic", database, tmp_path) as project:
        before = project.does("upgrade", "head", "--sql")
        there = "from alembic import context\n"
        project.change(project.env, (there, f"{there}\nimport alembic_rekey.operations\n"))
        assert before == project.does("upgrade", "head", "--sql")


def refused(project, words):
    before = project.database.snapshot()
    ended = project.alembic("upgrade", "head")
    said = " ".join(ended.err.split())
    assert (1, True) == (ended.code, words in said), said
    assert "what to do: let env.py run its migrations through this library: `alembic-rekey init` writes that" in said
    assert before == project.database.snapshot()
    project.says("init")
    project.does("upgrade", "head")
    assert FOLDED == project.notes()


def test_enforced_foreign_keys_of_sqlite_are_refused_and_the_remedy_works(tmp_path):
    with made("generic", SQLiteDatabase(tmp_path / "app.db"), tmp_path) as project:
        folding(project).does("upgrade", "a0")
        project.change(project.env, (CONNECT, LISTENS))
        refused(project, "in a transaction with foreign keys enforced")


def test_an_engine_of_sqlite_that_commits_by_itself_is_given_a_transaction(tmp_path):
    with made("generic", SQLiteDatabase(tmp_path / "app.db"), tmp_path) as project:
        url = "sqlalchemy.url = "
        project.change(project.config, (url, f"sqlalchemy.isolation_level = AUTOCOMMIT\n{url}"))
        folding(project).does("upgrade", "a0")
        project.database.execute(HANGING)
        before = project.database.snapshot()
        assert 2 == project.alembic("upgrade", "head").code
        assert before == project.database.snapshot()


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("level", "words"),
    [("AUTOCOMMIT", "commits each statement by itself"), ("SERIALIZABLE", "at the level serializable")],
)
def test_a_transaction_that_cannot_be_one_for_a_fold_is_refused_and_the_remedy_works(project, level, words):
    project.does("upgrade", "a0")
    url = "sqlalchemy.url = "
    project.change(project.config, (url, f"sqlalchemy.isolation_level = {level}\n{url}"))
    refused(project, words)


def test_a_database_that_another_writer_holds_is_told_as_locked(tmp_path):
    with made("generic", SQLiteDatabase(tmp_path / "app.db"), tmp_path) as project:
        folding(project).does("upgrade", "a0")
        url = project.database.url
        project.change(project.config, (f"{url}\n", f"{url}?timeout=0.2\n"))
        with closing(sqlite3.connect(project.database.path, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            ended = project.alembic("upgrade", "head")
        assert (1, True) == (ended.code, "another process writes" in ended.err), ended
        assert AS_BEFORE == project.notes()


@pytest.mark.sqlite_first
def test_our_tables_are_left_alone_by_the_line_that_the_guide_tells(project):
    """Without it they are proposed to be dropped."""
    (argument,) = re.findall(r"^context\.configure\((include_name=.*)\)$", page("environments"), re.MULTILINE)
    project.does("upgrade", "head")
    said = project.alembic("check")
    assert "rekey_run" in f"{said.out}{said.err}"
    project.change(project.env, ("connection=connection, ", f"connection=connection, {argument}, "))
    said = project.alembic("check")
    assert "rekey_" not in f"{said.out}{said.err}"

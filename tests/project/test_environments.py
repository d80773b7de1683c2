"""Claims about an `env.py` of every shape: after `alembic-rekey init` it folds, and the commands ask where it would."""

import asyncio
import re
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

import small
from alembic_rekey.project.files import ENVIRONMENT_LINES
from databases import SQLiteDatabase
from templates import AS_BEFORE, FOLDED, TEMPLATES, made, whole_way

TO_ENV = ("config = context.config\n", "import os\n\nfrom sqlalchemy import create_engine\n\nconfig = context.config\n")
ENGINE = """engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )"""
ASYNC_ENGINE = f"async_{ENGINE}"
ONLINE, OFFLINE = "context.configure(\n            connection=connection, ", "context.configure(\n        url=url,\n"
URL = 'url = config.get_main_option("sqlalchemy.url")'
CONNECT = "with connectable.connect() as connection"

SHAPES = {
    "a URL from the environment": (
        ("config = context.config\n", TO_ENV[1] + 'config.set_main_option("sqlalchemy.url", os.environ["SHOP"])\n'),
    ),
    "an engine of its own": (
        TO_ENV,
        (ENGINE, 'create_engine(os.environ["SHOP"], poolclass=pool.NullPool)'),
        (URL, 'url = os.environ["SHOP"]'),
    ),
    "a transaction of its own": (TO_ENV, (CONNECT, "with connectable.begin() as connection")),
    "a connection that may be handed over": (
        (f"connectable = {ENGINE}", f'connectable = config.attributes.get("connection") or {ENGINE}'),
    ),
    "what it compares": (
        (ONLINE, f"{ONLINE}include_object=lambda *_: True, compare_type=True, render_as_batch=True, "),
    ),
    "a table of versions": (
        (ONLINE, f'{ONLINE}version_table="my_versions", '),
        (OFFLINE, f'{OFFLINE}        version_table="my_versions",\n'),
    ),
    "what it lets be there": (
        (CONNECT, f"{CONNECT}, connection.begin() as _begun"),
        (ONLINE, f'connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS tenants (id INTEGER)")\n        {ONLINE}'),
    ),
}
FOLD = small.fold("a1", "a0")
FAST = ("an engine of its own", "a table of versions")
SOME = [pytest.param(shape, marks=[] if shape in FAST else pytest.mark.slow) for shape in SHAPES]
OF_PLACEHOLDERS = ("a URL from the environment", "an engine of its own")


@pytest.fixture
def project(tmp_path):
    """A project of the template generic on SQLite."""
    with made("generic", SQLiteDatabase(tmp_path / "app.db"), tmp_path) as one:
        yield one


def shaped(project, shape, monkeypatch):
    monkeypatch.setenv("SHOP", project.database.url)
    project.change(project.env, *SHAPES[shape])
    if shape in OF_PLACEHOLDERS:
        project.change(project.config, (project.database.url, "driver://user:pass@localhost/dbname"))


@pytest.mark.parametrize("shape", SOME)
@pytest.mark.slow
def test_the_whole_way_is_gone(project, monkeypatch, shape):
    shaped(project, shape, monkeypatch)
    whole_way(project)
    assert ("my_versions" in project.database.tables()) == (shape == "a table of versions")


@pytest.mark.parametrize("shape", SOME)
def test_a_plan_alone_writes_nothing_wherever_it_is(project, monkeypatch, shape):
    shaped(project, shape, monkeypatch)
    project.says("init")
    (project.folder / "migrations" / "versions" / "a1_fold.py").write_text(FOLD, "utf-8")
    before = project.database.snapshot()
    assert "'pol' -> 'polisher'" in project.says("plan")
    project.says("runs")
    assert before == project.database.snapshot()


@pytest.mark.parametrize("shape", SOME)
def test_it_makes_no_file_where_there_is_none(project, monkeypatch, shape):
    shaped(project, shape, monkeypatch)
    project.says("init")
    (project.folder / "migrations" / "versions" / "a1_fold.py").write_text(FOLD, "utf-8")
    project.database.path.unlink()
    project.says("plan")
    assert not project.database.path.exists()


@pytest.mark.slow
def test_run_sync(tmp_path, monkeypatch):
    with made("async", SQLiteDatabase(tmp_path / "app.db"), tmp_path) as project:
        monkeypatch.setenv("SHOP", project.database.url.replace("sqlite:", "sqlite+aiosqlite:"))
        engine = 'create_async_engine(os.environ["SHOP"])'
        imports = (TO_ENV[0], f"import os\n\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n{TO_ENV[0]}")
        project.change(project.env, imports, (ASYNC_ENGINE, engine), (URL, 'url = os.environ["SHOP"]'))
        whole_way(project)
        assert "await connection.run_sync(do_run_migrations)" in project.env.read_text("utf-8")


@pytest.mark.slow
def test_an_engine_of_coroutines_is_handed_over_as_it_is(tmp_path):
    with made("async", SQLiteDatabase(tmp_path / "app.db"), tmp_path) as project:
        text = project.env.read_text("utf-8")
        head = text[: text.index("def run_migrations_offline")]
        run = ENVIRONMENT_LINES.replace("(target_metadata", f"(target_metadata, connection={ASYNC_ENGINE}")
        project.env.write_text(head + run, "utf-8")
        whole_way(project)


CONFIGURED = re.compile(
    r"context\.configure\((?P<given>(?:[^()]|\([^()]*\))*)\)\n\s+(?:with context\.begin_transaction\(\):\n\s+)?"
    r"context\.execute\('SELECT 1'\)\n\s+context\.run_migrations\((?P<passed>[^()]*)\)"
)
"""What the lines that are told stand in place of, in every template."""

OF_FLASK = pytest.mark.filterwarnings("ignore:'get_engine' is deprecated:DeprecationWarning")
TOLD = [pytest.param(name, marks=[] if name == "multidb" else pytest.mark.slow) for name in TEMPLATES]


@pytest.mark.slow
@OF_FLASK
@pytest.mark.parametrize("template", TOLD)
def test_the_lines_that_are_told_work_where_they_are_written(tmp_path, template):
    """For an env.py of which it is not plain what it runs: they are followed to the letter."""
    with made(template, SQLiteDatabase(tmp_path / "app.db"), tmp_path) as project:
        text = re.sub(r"( +)(context\.run_migrations)", r"\1context.execute('SELECT 1')\n\1\2", project.env.read_text())
        project.env.write_text(text, "utf-8")
        said = project.rekey("init")
        assert (1, text) == (said.status, project.env.read_text("utf-8"))
        told = said.err[said.err.index("import alembic_rekey") :].splitlines()
        *imports, call = [line.strip() for line in told if line[:4] in ("    ", "impo") and line.strip()]
        assert "run(target_metadata, connection=connection)" == call

        def instead(found):
            given = re.sub(r",\s*literal_binds=True|,\s*dialect_opts=\{.*?\}", "", found["given"])
            name, _, value = found["passed"].partition("=")
            passed = f', passed_on={{"{name}": {value}}}' if value else ""
            return f"run({given.rstrip(' ,' + chr(10))}{passed})"

        text, count = CONFIGURED.subn(instead, text)
        assert (2, 0) == (count, text.count("context.run_migrations("))
        there = "from alembic import context\n"
        project.env.write_text(text.replace(there, "\n".join((there, *imports, "")), 1), "utf-8")
        whole_way(project)


def test_a_url_that_env_py_does_not_take_is_refused(project, monkeypatch, tmp_path):
    shaped(project, "an engine of its own", monkeypatch)
    project.says("init")
    ended = project.alembic("upgrade", "head", url=f"sqlite:///{tmp_path}/elsewhere.db")
    assert (1, True) == (ended.code, "whatever -x says" in ended.err)
    assert {"projects", "notes"} == project.database.tables()
    assert not (tmp_path / "elsewhere.db").exists()
    taken = "create_engine(context.get_x_argument(as_dictionary=True).get('url'), poolclass=pool.NullPool)"
    project.change(project.env, ('create_engine(os.environ["SHOP"], poolclass=pool.NullPool)', taken))
    project.does("upgrade", "head", url=f"sqlite:///{tmp_path}/elsewhere.db")
    assert (tmp_path / "elsewhere.db").exists()


READING = {
    "plan": ("plan", "--check"),
    "status": ("status",),
    "runs": ("runs",),
    "report": ("report",),
    "restore-plan": ("restore-plan",),
    "scan": ("scan", "--check"),
    "revision": ("revision", "--fold", "projects.name", "-m", "another one"),
}


@pytest.mark.parametrize("url", ["sqlite:///elsewhere.db", "no url", "postgresql://host:port/shop"])
@pytest.mark.parametrize("command_line", READING.values(), ids=READING)
def test_a_command_that_reads_refuses_such_a_url_as_the_upgrade_does(project, monkeypatch, command_line, url):
    shaped(project, "an engine of its own", monkeypatch)
    project.says("init")
    (project.folder / "migrations" / "versions" / "a1_fold.py").write_text(FOLD, "utf-8")
    refused = project.alembic("upgrade", "head", url=url)
    assert (1, True) == (refused.code, "whatever -x says" in refused.err)
    said = project.rekey(*command_line, "-x", f"url={url}")
    assert (1, "", refused.err) == (said.status, said.out, said.err)
    assert project.rekey(*command_line, "-x", f"url={project.database.url}").err.count("whatever -x says") == 0


def test_another_section_of_the_ini_file(project):
    project.says("init")
    project.config.write_text(
        project.config.read_text("utf-8").replace(
            "[alembic]\n", "[alembic]\nsqlalchemy.url = sqlite:///x.db\n[shop]\n"
        ),
        "utf-8",
    )
    project.does("-n", "shop", "upgrade", "head")
    project.says("-n", "shop", "revision", "--fold", "projects.name", "-m", "fold projects")
    assert "'pol' -> 'polisher'" in project.says("-n", "shop", "plan")
    project.does("-n", "shop", "upgrade", "head")
    assert FOLDED == project.notes()
    assert not (project.folder / "x.db").exists()


def test_branches_and_other_places_for_revisions(project):
    project.says("init")
    (project.folder / "more").mkdir()
    places = "version_locations = %(here)s/migrations/versions:%(here)s/more"
    project.change(
        project.config, ("# version_locations = %(here)s/bar", f"{places}\n# version_locations = %(here)s/bar")
    )
    project.says("revision", "--fold", "projects.name", "-m", "fold projects", "--rev-id", "a1")
    (project.folder / "more" / "b0_other.py").write_text(
        small.revision("b0", None, 'op.create_table("other", sa.Column("id", sa.Integer))'), "utf-8"
    )
    assert "'pol' -> 'polisher'" in project.says("plan")
    project.does("upgrade", "b0")
    said = project.says("plan")
    assert "'pol' -> 'polisher'" in said
    assert said.endswith("The upgrade would carry this plan out: alembic upgrade heads\n")
    assert "; alembic upgrade heads does it.\n" in project.says("status")
    project.does("upgrade", "heads")
    assert FOLDED == project.notes()
    assert {"a1", "b0"} == {head for (head,) in project.database.rows("SELECT version_num FROM alembic_version")}
    assert 3 == project.rekey("plan", "--check").status
    project.does("downgrade", "a0")
    assert AS_BEFORE == project.notes()
    said = project.rekey("revision", "-m", "once more")
    assert (1, True) == (said.status, "Multiple heads are present" in said.err)
    made = project.says("revision", "-m", "once more", "--head", "a1")
    assert 'down_revision: str | None = "a1"' in Path(made.strip()).read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("line", ['"a0"', 'None\ndepends_on = "a0"'])
def test_a_script_of_a_branch_leaves_the_others_where_they_are(database, tmp_path, line):
    """But not where Alembic would need to know of them: there it is refused."""
    with made("generic", database, tmp_path) as project:
        project.says("init")
        versions = project.folder / "migrations" / "versions"
        (versions / "a1_fold.py").write_text(FOLD, "utf-8")
        other = small.revision("b0", None, 'op.create_table("other", sa.Column("id", sa.Integer))')
        (versions / "b0_other.py").write_text(other, "utf-8")
        whole, up = project.script("upgrade", "a1"), project.script("upgrade", "a0:a1")
        back, all_back = project.script("downgrade", "a1:a0"), project.script("downgrade", "a0:base")

        def runs(script):
            ran = database.run_script(script.encode())
            held = {revision for (revision,) in database.rows("SELECT version_num FROM alembic_version")}
            return ran.returncode == 0, b"rekey_version" in ran.stderr, held, project.notes()

        project.does("upgrade", "b0")
        assert (False, True, {"b0"}, AS_BEFORE) == runs(up)
        assert (True, False, {"a1", "b0"}, FOLDED) == runs(whole)
        assert (False, True, {"a1", "b0"}, FOLDED) == runs(whole)
        assert (True, False, {"a0", "b0"}, AS_BEFORE) == runs(back)
        assert (True, False, {"a1", "b0"}, FOLDED) == runs(up)
        beside = small.revision("c1", "a0", "pass").replace("'c1', 'a0'", f"'c1', {line}")
        (versions / "c1_beside.py").write_text(beside, "utf-8")
        back, up_to_c1 = project.script("downgrade", "a1:a0"), project.script("upgrade", "a0:c1")
        project.does("upgrade", "c1")
        assert (False, True, {"a1", "b0", "c1"}, FOLDED) == runs(back)
        assert (False, True, {"a1", "b0", "c1"}, FOLDED) == runs(up_to_c1)
        database.execute("DELETE FROM alembic_version WHERE version_num = 'c1'")
        assert (True, False, {"a0", "b0"}, AS_BEFORE) == runs(back)
        assert (True, False, {"b0"}, AS_BEFORE) == runs(all_back)


def test_a_program_whose_coroutines_run_already_may_upgrade(tmp_path):
    with made("async", SQLiteDatabase(tmp_path / "app.db"), tmp_path) as project:
        project.says("init")
        (project.folder / "migrations" / "versions" / "a1_fold.py").write_text(FOLD, "utf-8")

        async def upgraded():
            command.upgrade(Config(str(project.config)), "head")

        asyncio.run(upgraded())
        assert FOLDED == project.notes()


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("is_ours", [True, False])
def test_a_plan_is_of_the_schema_that_env_py_leads_to(database, tmp_path, is_ours):
    """A tenant's: the tables of the same names elsewhere hold other rows."""
    with made("generic", database, tmp_path) as project:
        database.execute("CREATE SCHEMA tenant; SET search_path TO tenant")
        database.execute(small.DDL.replace("'pol'", "'Pol'"))
        there = "        context.configure(\n            connection"
        leads = "        connection.exec_driver_sql('SET search_path TO tenant')\n        connection.commit()\n"
        project.change(project.env, (there, leads + there))
        if is_ours:
            project.says("init")
        fold = FOLD.replace("from alembic import op", "import alembic_rekey.operations\nfrom alembic import op")
        (project.folder / "migrations" / "versions" / "a1_fold.py").write_text(fold, "utf-8")
        assert "'Pol' -> 'polisher'" in project.says("plan")
        project.does("upgrade", "head")
        assert "applied" in project.says("runs")
        assert FOLDED == project.notes()
        database.execute("SET search_path TO public")
        assert AS_BEFORE == project.notes()


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_schema_for_the_table_of_versions_and_an_engine_of_its_own(database, tmp_path, monkeypatch):
    database.execute("CREATE SCHEMA mine")
    with made("generic", database, tmp_path) as project:
        monkeypatch.setenv("SHOP", database.url)
        more = 'version_table="v", version_table_schema="mine", '
        options = 'poolclass=pool.NullPool, connect_args={"options": "-csearch_path=public,mine"}'
        project.change(
            project.env,
            TO_ENV,
            (ENGINE, f'create_engine(os.environ["SHOP"], {options})'),
            (URL, 'url = os.environ["SHOP"]'),
            (ONLINE, f"{ONLINE}{more}"),
            (OFFLINE, f"{OFFLINE}        {more}\n"),
        )
        whole_way(project)
        assert [("a0",)] == database.rows("SELECT version_num FROM mine.v")

"""Projects as `alembic init -t …` and `flask db init` make them, with tables and a revision of an application.

A database holds the tables of `small`; the revision of the application makes one more, `own`.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import flask_migrate
from alembic.config import CommandLine
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

import small
from alembic_rekey.cli.flask_command import rekey
from commands import Said, rekey_with
from databases import Database, SQLiteDatabase
from examples import Ended, alembic_here
from legacy import write_registry

__all__ = ["AS_BEFORE", "FOLDED", "TEMPLATES", "Project", "made", "whole_way"]

FOLDED, AS_BEFORE = {1: "polisher", 2: "polisher"}, {1: "pol", 2: "polisher"}
"""What notes say."""

TEMPLATES = ("generic", "async", "pyproject", "pyproject_async", "multidb", "flask", "flask-multidb")

MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table("projects", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True))
sa.Table("notes", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("project", sa.Text, nullable=False))
sa.Table("own", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""

OWN = '''"""The application's own."""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "a0", None


def upgrade({given}) -> None:
    {only}op.create_table("own", sa.Column("id", sa.Integer, primary_key=True))


def downgrade({given}) -> None:
    {only}op.drop_table("own")
'''
"""`given` and `only` are for projects of several databases."""


@dataclass
class Project:
    """A project: its folder, the database that folds, and how Alembic's commands are run on it."""

    template: str
    folder: Path
    database: Database
    app: Flask | None = None
    x: tuple[str, ...] = ()
    """What names the database to commands where there are several."""

    @property
    def config(self) -> Path:
        """Its alembic.ini."""
        return self.folder / ("migrations" if self.app else "") / "alembic.ini"

    @property
    def env(self) -> Path:
        """Its env.py."""
        return self.folder / "migrations" / "env.py"

    @property
    def several(self) -> bool:
        """Whether there is another database beside the one that folds."""
        return self.template.endswith("multidb")

    def alembic(self, *arguments: str, **x: object) -> Ended:
        """Runs Alembic's command line on it, or that of Flask."""
        if self.app is None:
            return alembic_here(*arguments, config=self.config, **x)
        options = [word for name, value in x.items() for word in ("-x", f"{name}={value}")]
        ran = self.app.test_cli_runner().invoke(args=["db", *options, *map(str, arguments)])
        said = f"{ran.stderr}{ran.exception!r}" if ran.exception else ran.stderr
        return Ended(ran.exit_code, ran.stdout, said)

    def does(self, *arguments: str, **x: object) -> str:
        """The same for a command that must succeed; what it printed."""
        ended = self.alembic(*arguments, **x)
        assert 0 == ended.code, ended
        return ended.out

    def rekey(self, *arguments: str) -> Said:
        """Runs `alembic-rekey` on it, or `flask rekey`."""
        if self.app is None:
            return rekey_with("-c", str(self.config), *arguments)
        ran = self.app.test_cli_runner().invoke(rekey, list(arguments))
        return Said(ran.exit_code, ran.stdout, ran.stderr)

    def says(self, *arguments: str) -> str:
        """The same for a command that must succeed; what it printed."""
        said = self.rekey(*arguments)
        assert 0 == said.status, said
        return said.out

    def script(self, *arguments: str) -> str:
        """The script of a command for the database that folds."""
        printed = self.does(*arguments, "--sql")
        if not self.several:
            return printed
        return (self.folder / ("engine1.sql" if self.app is None else ".sql")).read_text("utf-8")

    def change(self, file: Path, *changes: tuple[str, str]) -> None:
        """Writes other words in place of those that are there once."""
        text = file.read_text("utf-8")
        for there, instead in changes:
            assert 1 == text.count(there), (there, text)
            text = text.replace(there, instead)
        file.write_text(text, "utf-8")

    def notes(self) -> dict[int, str]:
        """The project of each note."""
        return dict(self.database.rows("SELECT id, project FROM notes"))


@contextmanager
def made(template: str, database: Database, folder: Path) -> Iterator[Project]:
    """The project, in the folder where its commands are run; nothing was migrated yet."""
    database.execute(small.DDL)
    before = Path.cwd()
    os.chdir(folder)
    try:
        make = _flask if template.startswith("flask") else _alembic
        project = make(template, database, folder)
        yield project
        if project.app is not None:
            with project.app.app_context():
                for engine in project.app.extensions["sqlalchemy"].engines.values():
                    engine.dispose()
    finally:
        os.chdir(before)


def whole_way(project: Project) -> None:
    """From `init` to the way back, online and by script; it ends before the fold."""
    project.says("init")
    assert "nothing to do" in project.says("init")
    project.does("upgrade", "head")
    project.says(*project.x, "revision", "--fold", "projects.name", "-m", "fold projects")
    assert "'pol' -> 'polisher'" in project.says(*project.x, "plan")
    project.says(*project.x, "plan", "--check")
    assert AS_BEFORE == project.notes()
    script, back = project.script("upgrade", "a0:head"), project.script("downgrade", "head:a0")
    project.does("upgrade", "head")
    assert FOLDED == project.notes()
    assert "applied" in project.says(*project.x, "runs")
    assert project.says(*project.x, "report")
    assert "every fold is applied already" in project.says(*project.x, "plan")
    assert 3 == project.rekey(*project.x, "plan", "--check").status
    project.does("downgrade", "a0")
    assert AS_BEFORE == project.notes()
    for written, notes in ((script, FOLDED), (back, AS_BEFORE)):
        ran = project.database.run_script(written.encode())
        assert (0, notes) == (ran.returncode, project.notes()), ran


def _own(project: Project, given: str = "", only: str = "") -> Project:
    text = OWN.format(given=given, only=f"if {only}:\n        " if only else "")
    versions = project.folder / "migrations" / "versions"
    versions.mkdir(exist_ok=True)
    (versions / "a0_own.py").write_text(text, "utf-8")
    write_registry(project.config.parent / "registry.json", {"polisher": ["pol"]})
    return project


def _alembic(template: str, database: Database, folder: Path) -> Project:
    project = Project(template, folder, database)
    with redirect_stdout(io.StringIO()):
        CommandLine("alembic").main(["--quiet", "init", "-t", template, "migrations"])
    url = database.url
    if "async" in template and database.dialect == "sqlite":
        url = url.replace("sqlite:", "sqlite+aiosqlite:")
    elif "async" in template:
        url = url.replace("+psycopg", "+asyncpg")
    target, declared = "target_metadata = None", f"{MODELS}target_metadata = metadata"
    if template == "multidb":
        target = "target_metadata = {}"
        declared = f"{MODELS}target_metadata = {{'engine1': metadata, 'engine2': sa.MetaData()}}"
        other = SQLiteDatabase(folder / "other.db").url
        pairs = (("driver://user:pass@localhost/dbname\n", url), ("driver://user:pass@localhost/dbname2\n", other))
        project.change(project.config, *((there, f"{named}\n") for there, named in pairs))
        project.x = ("-x", f"url={url}")
        _own(project, "engine_name", "engine_name == 'engine1'")
    else:
        project.change(project.config, ("driver://user:pass@localhost/dbname", url.replace("%", "%%")))
        _own(project)
    project.change(project.env, (target, declared))
    return project


def _flask(template: str, database: Database, folder: Path) -> Project:
    source = Path(flask_migrate.__file__).parent / "templates" / template
    shutil.copytree(source, folder / "migrations")
    (folder / "migrations" / "alembic.ini.mako").rename(folder / "migrations" / "alembic.ini")
    app = Flask("shop", root_path=str(folder))
    app.config["SQLALCHEMY_DATABASE_URI"] = database.url
    several = template.endswith("multidb")
    if several:
        app.config["SQLALCHEMY_BINDS"] = {"other": SQLiteDatabase(folder / "other.db").url}
    scope: dict[str, object] = {}
    exec(MODELS, scope)  # our own text
    db = SQLAlchemy(app, metadata=scope["metadata"])
    flask_migrate.Migrate(app, db, directory=str(folder / "migrations"))
    project = Project(template, folder, database, app)
    if several:
        project.x = ("-x", f"url={database.url}")
        return _own(project, "engine_name", "engine_name == ''")
    return _own(project)

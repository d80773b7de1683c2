"""A small project of someone else's: projects, and tables of rows that carry a project's name, folded one by one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import alembic

from commands import Said, rekey_with
from databases import Database
from examples import Ended, alembic_here
from legacy import write_registry

__all__ = ["TwoFolds", "make"]

_TABLES = """
CREATE TABLE projects (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, project TEXT NOT NULL);
CREATE TABLE tasks (id INTEGER NOT NULL PRIMARY KEY, project TEXT NOT NULL);
INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol');
INSERT INTO notes VALUES (1, 'pol'), (2, 'polisher');
INSERT INTO tasks VALUES (1, 'pol');
"""

_ENVIRONMENT = """\
import alembic_rekey.operations
from alembic_rekey.environment import run

run(None)
"""

_HEAD = """\
import sqlalchemy as sa
from alembic import op

from alembic_rekey import Identity, Spec, Tags

revision = {revision!r}
down_revision = {before!r}
branch_labels = None
depends_on = None
"""

_SIDE_TABLES = """
COLUMNS = {"id": sa.Integer, "project": sa.Text, "name": sa.Text}
projects, notes, tasks = (
    sa.Table(name, sa.MetaData(), *(sa.Column(one, kind) for one, kind in COLUMNS.items()))
    for name in ("projects", "notes", "tasks")
)
side = Spec(
    revision="0002",
    identity=Identity(noun="project", key=projects.c.id, name=projects.c.name),
    tags=tuple(Tags(noun=table.name[:-1], key=table.c.id, tag=table.c.project) for table in (notes, tasks)),
)


def upgrade():
    op.create_side_tables(side)


def downgrade():
    op.drop_side_tables(side)
"""

_FOLD = """
projects = sa.Table("projects", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("name", sa.Text))
tagged = sa.Table({table!r}, sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("project", sa.Text))
spec = Spec(
    revision=revision,
    identity=Identity(noun="project", key=projects.c.id, name=projects.c.name),
    tags=(Tags(noun={noun!r}, key=tagged.c.id, tag=tagged.c.project),),
)


def upgrade():
    op.rekey(spec)


def downgrade():
    op.restore(spec)
"""


@dataclass(frozen=True)
class TwoFolds:
    """Its folder and its database: revision 0001 makes the side tables, 0002 folds notes, 0003 folds tasks."""

    database: Database
    folder: Path

    @property
    def config(self) -> Path:
        """Its alembic.ini."""
        return self.folder / "alembic.ini"

    @property
    def environment(self) -> Path:
        """Its env.py."""
        return self.folder / "migrations" / "env.py"

    @property
    def reports(self) -> list[str]:
        """The names of its reports."""
        return sorted(path.name for path in (self.folder / "reports").glob("*"))

    def configure(self, *lines: str) -> None:
        """Writes its alembic.ini with these further lines."""
        head = "[alembic]", "script_location = %(here)s/migrations", "path_separator = os"
        self.config.write_text("\n".join((*head, *lines)) + "\n", "utf-8")

    def named(self) -> str:
        """The line of its alembic.ini that names its database."""
        return f"sqlalchemy.url = {self.database.url.replace('%', '%%')}"

    def alembic(self, *arguments: str, **x: object) -> Ended:
        """Runs Alembic's command line on it."""
        return alembic_here(*arguments, config=self.config, **x)

    def does(self, *arguments: str, **x: object) -> Ended:
        """The same for a command that must succeed."""
        ended = self.alembic(*arguments, **x)
        assert ended.code == 0, ended.err
        return ended

    def rekey(self, *arguments: str) -> Said:
        """Runs `alembic-rekey` on it."""
        return rekey_with("-c", str(self.config), *arguments)

    def tags(self, table: str) -> list[tuple[int, str]]:
        """The rows of a table that carries names."""
        return self.database.rows(f"SELECT id, project FROM {table} ORDER BY id")


def make(database: Database, folder: Path, environment: str = _ENVIRONMENT) -> TwoFolds:
    """Makes its tables with a few rows, and its files; its alembic.ini names the database and nothing else."""
    database.execute(_TABLES)
    made = TwoFolds(database, folder)
    (folder / "migrations" / "versions").mkdir(parents=True)
    made.environment.write_text(environment, "utf-8")
    bodies = [_SIDE_TABLES, _FOLD.format(table="notes", noun="note"), _FOLD.format(table="tasks", noun="task")]
    for number, body in enumerate(bodies, 1):
        head = _HEAD.format(revision=f"{number:04}", before=f"{number - 1:04}" if number > 1 else None)
        (folder / "migrations" / "versions" / f"{number:04}.py").write_text(head + body, "utf-8")
    template = Path(alembic.__file__).parent / "templates" / "generic" / "script.py.mako"
    (folder / "migrations" / "script.py.mako").write_bytes(template.read_bytes())
    write_registry(folder / "registry.json", {"polisher": ["pol"]})
    made.configure(made.named())
    return made

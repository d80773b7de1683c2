"""A project of two tables, `projects` and `notes`, with a registry of one alias: the least that can fold.

Further tables, revisions and arguments of `run()` are added by the test that is about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from databases import Database
from examples import Ended, alembic_here
from legacy import write_registry

__all__ = ["DDL", "STATES", "Small", "fold", "make", "revision"]

DDL = (
    "CREATE TABLE projects (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, project TEXT NOT NULL);"
    "INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol');"
    "INSERT INTO notes VALUES (1, 'pol'), (2, 'polisher');"
)

STATES = (
    "CREATE TABLE states (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects (id) {key},"
    " place TEXT NOT NULL, said TEXT, status TEXT NOT NULL, changed TIMESTAMP);"
    "INSERT INTO states VALUES (1, 2, 'b', 'z', 'active', '2024-01-02');"
)
"""A table of slots, for `Small.with_states`."""

_INI = """[alembic]
script_location = %(here)s/migrations
path_separator = os
sqlalchemy.url = {url}
rekey.registry = %(here)s/names.json
rekey.report_dir = %(here)s/reports
"""

_ENV = """import alembic_rekey.operations
from alembic_rekey.environment import run

run({arguments})
"""

_TABLES = '''"""The tables."""
import sqlalchemy as sa

frozen = sa.MetaData()
projects = sa.Table("projects", frozen, sa.Column("id", sa.Integer), sa.Column("name", sa.Text))
notes = sa.Table("notes", frozen, sa.Column("id", sa.Integer), sa.Column("project", sa.Text))
'''

_STATES = """
states = sa.Table(
    "states",
    frozen,
    *(sa.Column(name, sa.Integer) for name in ("id", "project_id")),
    *(sa.Column(name, sa.Text) for name in ("place", "said", "status")),
    sa.Column("changed", sa.DateTime),
)
"""

_SLOTS = """Slots(
            noun="state",
            key=states.c.id,
            owners=(states.c.project_id,),
            slot=(states.c.place,),
            value=states.c.said,
            status=states.c.status,
            updated_at=states.c.changed,
        ),"""

_FOLD = '''"""Side tables and fold."""
from alembic import op
from alembic_rekey import Identity, Slots, Spec, Tags

{tables}
revision, down_revision = {number!r}, {before!r}
spec = Spec(
    revision=revision,
    identity=Identity(noun="project", key=projects.c.id, name=projects.c.name),
    slots=({slots}),
    tags=(Tags(noun="note", key=notes.c.id, tag=notes.c.project),),
)


def upgrade() -> None:
    op.create_side_tables(spec)
    op.rekey(spec)


def downgrade() -> None:
    op.restore(spec)
    op.drop_side_tables(spec)
'''


def fold(number: str, before: str | None, *, with_states: bool = False) -> str:
    """The text of the revision that makes the side tables and folds."""
    tables, slots = _TABLES + (_STATES if with_states else ""), _SLOTS if with_states else ""
    return _FOLD.format(tables=tables, number=number, before=before, slots=slots)


def revision(number: str, before: str | None, *statements: str) -> str:
    """The text of a further revision, whose upgrade consists of `statements` of Python."""
    body = "\n    ".join(line for statement in statements for line in statement.splitlines())
    return (
        f'"""One more."""\nimport sqlalchemy as sa\nfrom alembic import op\n\n'
        f"revision, down_revision = {number!r}, {before!r}\n\n\n"
        f"def upgrade() -> None:\n    {body}\n\n\ndef downgrade() -> None:\n    pass\n"
    )


@dataclass(frozen=True)
class Small:
    """The project: its folder and its database."""

    database: Database
    folder: Path

    @property
    def config(self) -> Path:
        """Its alembic.ini."""
        return self.folder / "alembic.ini"

    @property
    def reports(self) -> list[str]:
        """How the names of its reports end, behind the stamp and the run."""
        found = sorted(path.name for path in (self.folder / "reports").glob("*"))
        return [name.partition(".")[2] for name in found]

    def alembic(self, *arguments: str, **x: object) -> Ended:
        """Runs Alembic's command line on it."""
        return alembic_here(*arguments, config=self.config, **x)

    def does(self, *arguments: str, **x: object) -> Ended:
        """The same for a command that must succeed."""
        ended = self.alembic(*arguments, **x)
        assert 0 == ended.code, ended.err
        return ended

    def notes(self) -> dict[int, str]:
        """The project of each note."""
        return dict(self.database.rows("SELECT id, project FROM notes"))


def make(
    database: Database,
    folder: Path,
    *ddl: str,
    before: str | None = None,
    revisions: Mapping[str, str] | None = None,
    arguments: str = "",
) -> Small:
    """Makes the tables, those of `ddl` too, and the project; 0001 folds, after the revision `before`.

    A table `states` among `ddl` is folded as well.
    """
    database.execute(DDL + "".join(ddl))
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    with_states = any("CREATE TABLE states" in statement for statement in ddl)
    texts = {
        folder / "alembic.ini": _INI.format(url=database.url.replace("%", "%%")),
        folder / "migrations" / "env.py": _ENV.format(arguments=arguments),
        versions / "0001_fold.py": fold("0001", before, with_states=with_states),
        **{versions / f"{name}.py": text for name, text in (revisions or {}).items()},
    }
    for path, text in texts.items():
        path.write_text(text, "utf-8")
    write_registry(folder / "names.json", {"polisher": ["pol"]})
    return Small(database, folder)

"""Claims about autogenerate in a project of its own: our tables are never proposed to be dropped, its own are told."""

import pytest

from commands import rekey_with
from examples import alembic_here
from two_folds import make

pytestmark = pytest.mark.slow

DECLARED = """\
import sqlalchemy as sa
import alembic_rekey.operations
from alembic_rekey.environment import ADOPTED, run
target = sa.MetaData()
sa.Table("projects", target, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True))
for name in ("notes", "tasks"):
    sa.Table(name, target, sa.Column("id", sa.Integer, primary_key=True), sa.Column("project", sa.Text, nullable=False))


def own_object(element, name, kind, reflected, compared_to):
    return name != "spatial_ref_sys"


def own_name(name, kind, parents):
    return name != "spatial_ref_sys"


run(target{more})
"""

OWN = {
    "none": "",
    "include_object": ", include_object=own_object",
    "include_name": ", include_name=own_name",
    "both": ", include_object=own_object, include_name=own_name",
    "none by name": ", include_object=None, include_name=None",
    "in a mapping": ", **{'include_object': own_object}",
}


@pytest.mark.parametrize("own", OWN)
def test_no_table_of_ours_is_proposed_to_be_dropped_and_every_other_removal_is(database, tmp_path, own):
    """Case 22: autogenerate proposed to drop the journals."""
    project = make(database, tmp_path / "app", DECLARED.replace("{more}", OWN[own]))
    project.does("upgrade", "head")
    database.execute("CREATE TABLE spatial_ref_sys (id INTEGER PRIMARY KEY)")
    if own.startswith("none"):
        assert "'spatial_ref_sys'" in project.alembic("check").out
        database.execute("DROP TABLE spatial_ref_sys")
    assert "No new upgrade operations detected." in project.does("check").out
    database.execute("CREATE TABLE forgotten (id INTEGER PRIMARY KEY)")
    checked = project.alembic("check")
    assert 0 != checked.code
    assert "remove_table" in checked.out
    assert "'forgotten'" in checked.out
    assert "rekey_" not in checked.out
    # What is generated then leaves the way back open.
    project.does("revision", "--autogenerate", "-m", "auto")
    project.does("upgrade", "head")
    project.does("downgrade", "0001")
    assert [(1, "pol")] == project.tags("tasks")


def test_who_adopted_a_database_is_proposed_no_removal(database, tmp_path):
    project = make(database, tmp_path / "app", DECLARED.replace("{more}", ", **ADOPTED"))
    project.does("upgrade", "head")
    database.execute("CREATE TABLE forgotten (id INTEGER PRIMARY KEY)")
    assert "No new upgrade operations detected." in project.does("check").out


@pytest.mark.words
def test_init_asks_for_that_where_it_is_told_to(database, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project = make(database, tmp_path / "app")
    monkeypatch.chdir(project.folder)
    for name in ("migrations/env.py", "alembic.ini"):
        (project.folder / name).unlink()
    alembic_here("init", "other", config=project.config)
    assert 0 == rekey_with("init", "--adopted").status
    text = (project.folder / "other" / "env.py").read_text("utf-8")
    assert text.endswith("run(target_metadata, **ADOPTED)\n")
    compile(text, "env.py", "exec")

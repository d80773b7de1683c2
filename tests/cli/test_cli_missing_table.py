"""Claims about a plan of tables that the database does not have: refused where no pending revision could make them."""

import pytest

import small
from commands import rekey_with

pytestmark = pytest.mark.sqlite_first

MAKES = "op.execute('CREATE TABLE notes (id INTEGER PRIMARY KEY, project TEXT NOT NULL)')"


def planned(project, *arguments):
    return rekey_with("-c", str(project.config), "plan", "--no-report", *arguments)


@pytest.fixture
def project(database, tmp_path):
    """A fold whose table of notes is missing."""
    made = small.make(database, tmp_path)
    database.execute("DROP TABLE notes")
    return made


def further(project, number, before, *statements):
    (project.folder / "migrations" / "versions" / f"{number}.py").write_text(
        small.revision(number, before, *statements), "utf-8"
    )


@pytest.mark.parametrize(("check", "status"), [((), 1), (("--check",), 2)])
def test_the_plan_says_of_a_missing_table_what_the_upgrade_says(project, database, check, status):
    before = database.snapshot()
    said, ended = planned(project, *check), project.alembic("upgrade", "head")
    assert (status, "", 2) == (said.status, said.out, ended.code)
    title, _, rest = said.err.partition("\n")
    assert "FAILED: revision 0001 cannot be planned; nothing was changed." == title
    assert "the database has no table notes, which the revision declares" in rest
    assert rest == ended.err.partition("\n")[2]
    assert before == database.snapshot()


def test_another_database_is_not_one_without_rows(project, tmp_path):
    (tmp_path / "typo.db").touch()
    for name in ("typo.db", "nowhere.db"):
        said = planned(project, "--check", "-x", f"url=sqlite:///{tmp_path}/{name}")
        assert (2, True) == (said.status, "look at the url: is this the database that is meant?" in said.err)
    assert not (tmp_path / "nowhere.db").exists()


def test_a_table_that_a_pending_revision_before_the_fold_may_make_is_one_without_rows(project):
    fold = project.folder / "migrations" / "versions" / "0001_fold.py"
    fold.write_text(small.fold("0001", "0000"), "utf-8")
    further(project, "0000", None, MAKES)
    said = planned(project, "--check")
    assert (0, True) == (said.status, "tables that do not exist yet, planned as empty: notes." in said.out)
    project.does("upgrade", "head")


def test_a_table_that_the_fold_itself_makes_is_one_without_rows(project):
    fold = project.folder / "migrations" / "versions" / "0001_fold.py"
    text = fold.read_text("utf-8").replace("def upgrade() -> None:\n", f"def upgrade() -> None:\n    {MAKES}\n")
    fold.write_text(text, "utf-8")
    assert 0 == planned(project, "--check").status
    project.does("upgrade", "head")


def test_neither_a_revision_that_is_applied_nor_one_that_comes_later_makes_it(project):
    fold = project.folder / "migrations" / "versions" / "0001_fold.py"
    fold.write_text(small.fold("0001", "0000"), "utf-8")
    further(project, "0000", None, "op.execute('SELECT 1')")
    further(project, "0002", "0001", MAKES)
    assert 0 == planned(project, "--check").status
    project.does("upgrade", "0000")
    assert (2, 2) == (planned(project, "--check").status, project.alembic("upgrade", "head").code)


def test_a_revision_that_only_makes_side_tables_makes_no_other(project):
    versions = project.folder / "migrations" / "versions"
    text = small.fold("0001", None)
    (versions / "0000.py").write_text(
        text.replace("revision, down_revision = '0001', None", "revision, down_revision = '0000', None")
        .replace("revision=revision", "revision='0001'")
        .replace("    op.rekey(spec)\n", ""),
        "utf-8",
    )
    (versions / "0001_fold.py").write_text(
        small.fold("0001", "0000").replace("    op.create_side_tables(spec)\n", ""), "utf-8"
    )
    assert (2, 2) == (planned(project, "--check").status, project.alembic("upgrade", "head").code)


def test_a_table_that_went_after_the_fold_is_no_fault_of_the_plan(database, tmp_path):
    project = small.make(database, tmp_path)
    project.does("upgrade", "head")
    database.execute("DROP TABLE notes")
    assert 3 == planned(project, "--check").status

"""Claims about folds of one upgrade over one table: a plan of the later one says where it is no promise."""

import pytest

from several import several

pytestmark = pytest.mark.sqlite_first

SCHEMA = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(99));
INSERT INTO people VALUES (1, 'Ada'), (2, 'ada');
CREATE TABLE labels (id INTEGER PRIMARY KEY, name VARCHAR(99));
INSERT INTO labels VALUES (1, 'py'), (2, 'Py');
CREATE TABLE labelled (person INTEGER, label INTEGER, v VARCHAR(9), PRIMARY KEY (person, label));
CREATE TABLE seen (id INTEGER PRIMARY KEY, person INTEGER, label INTEGER);
INSERT INTO seen VALUES (1, 2, 2);
"""
BODY = """
key = (t["labelled"].c.person, t["labelled"].c.label)
def fold(noun, known, owner, slot, seen):
    return Spec(revision=revision, identity=Identity(noun=noun, key=known.c.id, name=known.c.name,
            duplicates=Duplicates.FOUND),
        slots=(Slots(noun="labelled", key=key, owners=(owner,), slot=(slot,), value=t["labelled"].c.v),),
        references=(References(noun="seen", key=t["seen"].c.id, owners=(seen,)),))
specs = (fold("person", t["people"], *key, t["seen"].c.person),
    fold("label", t["labels"], *reversed(key), t["seen"].c.label))
def upgrade():
    for spec in specs:
        op.create_side_tables(spec)
    for spec in specs:
        op.rekey(spec)
def downgrade():
    for spec in reversed(specs):
        op.restore(spec)
    for spec in reversed(specs):
        op.drop_side_tables(spec)
"""
TABLES = ("people", "labels", "labelled", "seen")
UNSURE = "rows of labelled change before this fold: what this plan says, and the exit status of --check, is no promise."


def project_of(database, tmp_path, rows):
    return several(database, tmp_path, SCHEMA + rows, TABLES, {"0001": BODY}, registry={})


def test_a_plan_says_that_a_fold_before_it_changes_what_it_decides_by(database, tmp_path):
    """In `labelled` alone: what both write of `seen` neither reads of the other."""
    project = project_of(database, tmp_path, "INSERT INTO labelled VALUES (1, 1, 'a'), (2, 2, 'b');")
    said = project.check()
    assert (0, "") == (said.status, said.err)
    first, second = said.out.split("Plan of revision 0001 (label)")
    assert UNSURE not in first
    assert f"note         {UNSURE} The upgrade asks again, and carries out all folds or none.\n" in second
    assert "Revision 0001 (label), on its rows as they are now, would carry this plan out.\n" in second
    assert second.endswith(
        "2 folds are pending, revision 0001 (label) on rows that change before it: the upgrade would carry out what "
        "revision 0001 (person), 0001 (label) plans: alembic upgrade head\n"
    )
    before = database.snapshot()
    ended = project.upgrade()
    assert (2, True) == (ended.code, "rekey_collision_labelled (2)" in ended.err)
    assert before == database.snapshot()


def test_a_plan_promises_where_the_fold_before_it_changes_no_row_of_its_tables(database, tmp_path):
    project = project_of(database, tmp_path, "INSERT INTO labelled VALUES (1, 1, 'a'), (1, 2, 'a');")
    said = project.check()
    assert (0, "") == (said.status, said.err)
    assert UNSURE not in said.out
    assert said.out.endswith(
        "the upgrade would carry out what revision 0001 (person), 0001 (label) plans: alembic upgrade head\n"
    )
    ended = project.upgrade()
    assert 0 == ended.code, ended.err


def test_a_refusal_that_does_not_depend_on_a_fold_before_it_is_told_as_one(database, tmp_path):
    project = project_of(database, tmp_path, "INSERT INTO labelled VALUES (1, 1, 'a'), (2, 1, 'b');")
    said = project.check()
    assert (2, "") == (said.status, said.err)
    assert "the upgrade would refuse the plan of revision 0001 (person), and carry none out." in said.out


@pytest.mark.slow
def test_a_restore_plan_says_that_a_run_which_goes_back_first_counts_as_drift(database, tmp_path):
    """Both runs changed one row: that of the newer alone tells, and the downgrade puts all back."""
    project = project_of(database, tmp_path, "INSERT INTO labelled VALUES (2, 2, 'a');")
    rows = "SELECT person, label FROM labelled"
    assert 0 == project.upgrade().code
    assert [(1, 1)] == database.rows(rows)
    said = project.rekey("restore-plan", "--check")
    assert (2, "") == (said.status, said.err)
    assert (
        "  note      run 2 goes back first: rows that it changed as well are shown as drifted here, and --check counts "
        "them, as long as it has not. The downgrade asks again behind it.\n" in said.out
    )
    assert 0 == project.rekey("restore-plan", "--check", "2").status
    ended = project.downgrade("base")
    assert 0 == ended.code, ended.err
    assert [(2, 2)] == database.rows(rows)

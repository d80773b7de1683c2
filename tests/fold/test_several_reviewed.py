"""Claims about the review of an upgrade of several folds: each has its approval, and one file of answers serves all."""

from __future__ import annotations

import json

import pytest

from answer_files import written
from pages import Read
from several import both_ways, goes, several

SHOP = """
CREATE TABLE customers (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE vendors (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE terms (
    id INTEGER NOT NULL PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    vendor_id INTEGER NOT NULL REFERENCES vendors (id),
    days INTEGER NOT NULL,
    UNIQUE (customer_id, vendor_id)
);
CREATE TABLE prefs (
    id INTEGER NOT NULL PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    name TEXT NOT NULL,
    value TEXT,
    UNIQUE (customer_id, name)
);
CREATE TABLE marks (
    id INTEGER NOT NULL PRIMARY KEY,
    vendor_id INTEGER NOT NULL UNIQUE REFERENCES vendors (id),
    mark TEXT
);
INSERT INTO customers VALUES (1, 'Acme'), (2, 'acme inc'), (3, 'Other');
INSERT INTO vendors VALUES (1, 'Bolt'), (2, 'bolt ltd'), (3, 'Nut');
INSERT INTO terms VALUES (1, 1, 3, 30), (2, 2, 3, 14), (3, 3, 1, 30), (4, 3, 2, 7);
INSERT INTO prefs VALUES (1, 1, 'colour', 'red'), (2, 2, 'colour', 'blue'), (3, 2, 'size', 'XL');
INSERT INTO marks VALUES (1, 1, 'good'), (2, 2, 'bad');
"""
TABLES = ("customers", "vendors", "terms", "prefs", "marks")
REGISTRY = {"customers": {"Acme": ["acme inc"]}, "vendors": {"Bolt": ["bolt ltd"]}}
BODY = """
customers = Spec(
    revision=revision,
    identity=Identity(noun="customer", key=t["customers"].c.id, name=t["customers"].c.name),
    slots=(Slots(noun="pref", key=t["prefs"].c.id, owners=(t["prefs"].c.customer_id,), slot=(t["prefs"].c.name,),
                 value=t["prefs"].c.value),
           Slots(noun="term", key=t["terms"].c.id, owners=(t["terms"].c.customer_id,), slot=(t["terms"].c.vendor_id,),
                 value=t["terms"].c.days)),
)
vendors = Spec(
    revision=revision,
    identity=Identity(noun="vendor", key=t["vendors"].c.id, name=t["vendors"].c.name),
    slots=(Slots(noun="mark", key=t["marks"].c.id, owners=(t["marks"].c.vendor_id,), value=t["marks"].c.mark),
           Slots(noun="term", key=t["terms"].c.id, owners=(t["terms"].c.vendor_id,), slot=(t["terms"].c.customer_id,),
                 value=t["terms"].c.days)),
)
def upgrade():
    op.create_side_tables(customers)
    op.create_side_tables(vendors)
    op.rekey(customers)
    op.rekey(vendors)
def downgrade():
    op.restore(vendors)
    op.restore(customers)
    op.drop_side_tables(vendors)
    op.drop_side_tables(customers)
"""
OF_CUSTOMERS, OF_VENDORS = "0001 (customer)", "0001 (vendor)"
ASKED = [
    {"project": "Acme", "fold": OF_CUSTOMERS, "table": "prefs", "name": "colour"},
    {"project": "Acme", "fold": OF_CUSTOMERS, "table": "terms", "vendor_id": "3"},
    {"project": "Bolt", "fold": OF_VENDORS, "table": "marks"},
    {"project": "Bolt", "fold": OF_VENDORS, "table": "terms", "customer_id": "3"},
]
KEPT = ["acme inc", "canonical", "bolt ltd", "bolt ltd"]
ANSWERS = [{**asked, "keep": keep} for asked, keep in zip(ASKED, KEPT, strict=True)]
FOLDED = {
    "customers": [(1, "Acme"), (3, "Other")],
    "vendors": [(1, "Bolt"), (3, "Nut")],
    "terms": [(1, 1, 3, 30), (4, 3, 1, 7)],
    "prefs": [(2, 1, "colour", "blue"), (3, 1, "size", "XL")],
    "marks": [(2, 1, "bad")],
}


@pytest.fixture
def project(database, tmp_path):
    return several(database, tmp_path, SHOP, TABLES, {"0001": BODY}, registry=REGISTRY)


def contents(database):
    return {name: database.rows(f"SELECT * FROM {name} ORDER BY id") for name in TABLES}


def fingerprints(project):
    return [json.loads(path.read_text("ascii"))["plan"]["fingerprint"] for path in project.reports]


# Answers.


@pytest.mark.slow
def test_one_form_asks_what_every_fold_asks_and_one_file_answers_it(project, database, tmp_path):
    form = tmp_path / "form.json"
    assert 0 == project.rekey("plan", "--write-resolutions", str(form)).status
    written_form = json.loads(form.read_text("utf-8"))["resolutions"]
    shown = ("keep", "rows")
    assert ASKED == [{field: text for field, text in one.items() if field not in shown} for one in written_form]
    for one, keep in zip(written_form, KEPT, strict=True):
        one["keep"] = keep
    answers = written(tmp_path, *written_form)
    said = project.check(resolutions=answers)
    assert (0, "") == (said.status, said.err)
    ended = project.upgrade(resolutions=answers)
    assert 0 == ended.code, ended.err
    assert FOLDED == contents(database)
    recorded = database.rows("SELECT run_id, number, source, keep FROM rekey_answer ORDER BY number")
    tables = ["prefs", "terms", "marks", "terms"]
    assert [(1 + (n > 1), n, *told) for n, told in enumerate(zip(tables, KEPT, strict=True))] == recorded


@pytest.mark.slow
@both_ways
def test_answers_need_not_say_the_fold_where_the_table_tells(project, database, tmp_path, how):
    before = contents(database)
    bare = [{name: text for name, text in one.items() if name != "fold" or one["table"] == "terms"} for one in ANSWERS]
    answers = written(tmp_path, *bare)
    if how == "online":
        assert 0 == project.upgrade(resolutions=answers).code
    else:
        done = database.run_script(project.script(resolutions=answers))
        assert 0 == done.returncode, done.stderr
    assert FOLDED == contents(database)
    goes(project, how, "downgrade", "head", "base")
    assert before == contents(database)


@pytest.mark.slow
def test_an_answer_of_one_fold_is_not_taken_for_anothers(project, database, tmp_path):
    before = database.snapshot()
    wrong = [{**one, "fold": OF_CUSTOMERS} for one in ANSWERS]
    ended = project.upgrade(resolutions=written(tmp_path, *wrong))
    assert (2, True) == (ended.code, "must be one of the tables of slots (prefs, terms), not 'marks'" in ended.err)
    unknown = [{**one, "fold": "0009"} for one in ANSWERS]
    ended = project.upgrade(resolutions=written(tmp_path, *unknown))
    assert 2 == ended.code
    assert f".fold: must be one of the folds ({OF_CUSTOMERS}, {OF_VENDORS}), not '0009'" in ended.err
    # Without the fold each takes the answer about its own table, and the other fold has no use for it.
    open_one = [{name: text for name, text in one.items() if name != "fold"} for one in ANSWERS]
    ended = project.upgrade(resolutions=written(tmp_path, *open_one))
    assert (2, True) == (ended.code, "vendor_id: is not there" in ended.err), ended.err
    assert before == database.snapshot()


@pytest.mark.words
@pytest.mark.slow
def test_the_page_of_each_plan_hands_on_what_was_answered_of_the_others(project, tmp_path):
    answers = written(tmp_path, *ANSWERS[:3])
    page = tmp_path / "plan.html"
    assert 0 == project.rekey("plan", "--html", str(page), resolutions=answers).status
    first, second = (Read(path.read_text("ascii")) for path in (page, page.with_stem("plan-2")))
    assert [] == [name for name, _ in first.tags if name == "questions-data"]
    said = second.questions
    assert ANSWERS[:3] == said["before"]
    assert [ASKED[3]] == [question for question, _ in said["asked"]]


# Approvals.


@pytest.mark.slow
@both_ways
def test_each_fold_runs_by_an_approval_of_its_own(project, database, tmp_path, how):
    answers = written(tmp_path, *ANSWERS)
    assert 0 == project.check(resolutions=answers).status
    approved = ",".join(map(str, project.reports))
    made = fingerprints(project)
    said = project.check(resolutions=answers, expect_plan=approved)
    assert 0 == said.status, said.out
    if how == "online":
        assert 0 == project.upgrade(resolutions=answers, expect_plan=",".join(made)).code
    else:
        done = database.run_script(project.script(resolutions=answers, expect_plan=approved))
        assert 0 == done.returncode, done.stderr
    assert FOLDED == contents(database)
    assert [(one,) for one in made] == database.rows("SELECT plan_sha256 FROM rekey_run ORDER BY id")


@pytest.mark.slow
def test_a_fold_without_an_approval_or_with_that_of_another_is_refused(project, database, tmp_path):
    answers = written(tmp_path, *ANSWERS)
    assert 0 == project.check(resolutions=answers).status
    first, second = fingerprints(project)
    before = database.snapshot()
    for approved, says in (
        (first, f"revision {OF_VENDORS} is fold 2 of this upgrade, which was given 1 approvals"),
        (f"{first},{'0' * 64}", f"the plan with the fingerprint {'0' * 64} was approved; here it is {second}"),
        (f"{second}, {first}", f"the plan with the fingerprint {second} was approved; here it is {first}"),
    ):
        said = project.check(resolutions=answers, expect_plan=approved)
        assert (2, True) == (said.status, says in said.out), said.out
        ended = project.upgrade(resolutions=answers, expect_plan=approved)
        assert (2, True) == (ended.code, says in ended.err), ended.err
    assert before == database.snapshot()
    ended = project.alembic("upgrade", "head", "--sql", resolutions=answers, expect_plan=str(project.reports[0]))
    assert (2, True) == (ended.code, f"revision {OF_VENDORS} is fold 2 of this upgrade" in ended.err), ended.err


@pytest.mark.slow
@both_ways
def test_folds_of_the_same_rows_are_approved_by_what_an_upgrade_of_a_copy_wrote(database, tmp_path, how):
    """The remedy of `other_plan`: `plan` shows the rows of the second fold as they are before the first one."""
    both = SHOP.replace("(4, 3, 2, 7)", "(4, 2, 2, 30)")
    project = several(database, tmp_path, both, TABLES, {"0001": BODY}, registry=REGISTRY)
    answers = written(tmp_path, *ANSWERS[:3])
    before = database.snapshot()
    assert 0 == project.check(resolutions=answers).status
    planned = ",".join(map(str, project.reports))
    ended = project.upgrade(resolutions=answers, expect_plan=planned)
    assert (2, True) == (ended.code, "terms: rekey 4 has changed in customer_id" in ended.err), ended.err
    assert "approve the reports that an upgrade of a copy writes" in ended.err
    assert before == database.snapshot()
    ended = project.upgrade(resolutions=answers, report_dir=tmp_path / "tried")
    assert 0 == ended.code, ended.err
    copied = contents(database)
    goes(project, "online", "downgrade", "head", "base")
    approved = ",".join(map(str, sorted((tmp_path / "tried").iterdir())))
    if how == "online":
        assert 0 == project.upgrade(resolutions=answers, expect_plan=approved).code
    else:
        done = database.run_script(project.script(resolutions=answers, expect_plan=approved))
        assert 0 == done.returncode, done.stderr
    assert copied == contents(database)

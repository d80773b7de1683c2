"""Claims about exclusion constraints: rows that would exclude each other are listed before a fold changes any."""

import pytest

from declared import declared
from guard.test_claims import NAMES, POSTGRESQL, PROJECT, PROJECTS
from shells import stopped_at

pytestmark = pytest.mark.slow

PRICES = """
    CREATE EXTENSION btree_gist;
    CREATE TABLE prices (id INTEGER PRIMARY KEY, project {type}, during DATERANGE, gone BOOLEAN NOT NULL DEFAULT false,
      EXCLUDE USING gist ({term} WITH =, during WITH &&) WHERE (NOT gone) {deferrable});
    INSERT INTO prices (id, project, during) VALUES (1, {mine}, '[2024-01-01,2024-06-01)'),
      (2, {its}, '[2024-05-01,2024-07-01)'), (3, {its}, '[2024-07-01,2024-08-01)'), (4, {its}, NULL),
      (5, {its}, '[2024-01-01,2024-02-01)');
    UPDATE prices SET gone = true WHERE id = 5;"""
REFERENCES = """references=(References(noun="price", key=t["prices"].c.id, owners=(t["prices"].c.project,)),)"""
TAGS = """tags=(Tags(noun="price", key=t["prices"].c.id, tag=t["prices"].c.project),)"""
KINDS = {
    "references": (REFERENCES, {"type": "INTEGER", "term": "project", "mine": 1, "its": 2}),
    "tags": (TAGS, {"type": "VARCHAR(99)", "term": "lower(project)", "mine": "'Polisher'", "its": "'pol'"}),
}


@POSTGRESQL
@pytest.mark.parametrize("deferrable", ["", "DEFERRABLE INITIALLY DEFERRED"])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_would_exclude_each_other_are_listed(database, tmp_path, kind, deferrable):
    """The plan said 0, and the upgrade failed with the database's own words."""
    part, words = KINDS[kind]
    spec = f"Spec(revision=revision, identity={PROJECT}, {part})"
    definitions = PROJECTS + PRICES.format(deferrable=deferrable, **words)
    if kind == "tags":
        definitions = definitions.replace("'Polisher'", "'polisher'")
    made = declared(database, tmp_path, definitions, spec, ["projects", "prices"], names=NAMES)
    assert 0 == made.upgrade("0001").code
    before = database.snapshot()
    checked, ended = made.check(), made.upgrade()
    assert (2, 2) == (checked.status, ended.code), ended.err
    for said in (checked.out, ended.err):
        assert [1, 2] == [row for row in range(1, 6) if f"prices: row {row}, which" in said], said
        assert "would be excluded by 1 other rows: prices_" in said
    ran = database.run_script(made.script("0001:0002"))
    assert (True, []) == (ran.returncode != 0, stopped_at(ran))
    assert before == database.snapshot()
    database.execute("UPDATE prices SET during = '[2025-05-01,2025-07-01)' WHERE id = 2")
    prices = database.table("prices")
    checked, ended = made.check(), made.upgrade()
    assert (0, 0) == (checked.status, ended.code), ended.err
    assert 0 == made.downgrade().code
    assert prices == database.table("prices")


DECLARED = """(t["prices"].append_constraint(sa.dialects.postgresql.ExcludeConstraint(
    ({term}, "="), ("during", "&&"), where={where}, name="apart")), {spec})[1]"""
TERMS = {"references": 't["prices"].c.project', "tags": 'sa.func.lower(t["prices"].c.project)'}


@POSTGRESQL
@pytest.mark.parametrize("where", ['sa.text("NOT gone")', '~t["prices"].c.gone'])
@pytest.mark.parametrize("kind", KINDS)
def test_a_script_lists_them_where_the_revision_declares_the_constraint(database, tmp_path, kind, where):
    part, words = KINDS[kind]
    spec = DECLARED.format(term=TERMS[kind], where=where, spec=f"Spec(revision=revision, identity={PROJECT}, {part})")
    definitions = (PROJECTS + PRICES.format(deferrable="", **words)).replace("'Polisher'", "'polisher'")
    made = declared(database, tmp_path, definitions, spec, ["projects", "prices"], names=NAMES)
    assert 0 == made.upgrade("0001").code
    before = database.snapshot()
    ran = database.run_script(made.script("0001:0002"))
    assert ["rekey_excluded_after_price_0"] == stopped_at(ran), ran.stderr
    said = ran.stderr.decode()
    assert [1, 2] == [row for row in range(1, 6) if f"prices: row {row}, which" in said], said
    assert "would be excluded by 1 other rows: apart" in said
    assert before == database.snapshot()
    database.execute("UPDATE prices SET during = '[2025-05-01,2025-07-01)' WHERE id = 2")
    ran = database.run_script(made.script("0001:0002"))
    assert 0 == ran.returncode, ran.stderr

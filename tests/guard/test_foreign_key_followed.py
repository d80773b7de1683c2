"""Claims about a foreign key that PostgreSQL follows itself (ON UPDATE CASCADE) to a key that the fold changes."""

from __future__ import annotations

import pytest

from several import THERE_AND_BACK, both_ways, goes, several

MODELS = """
CREATE TABLE models (name VARCHAR(99) NOT NULL PRIMARY KEY, made INTEGER);
CREATE TABLE versions (
    name VARCHAR(99) NOT NULL REFERENCES models (name) ON UPDATE CASCADE,
    version INTEGER NOT NULL,
    source VARCHAR(99),
    PRIMARY KEY (name, version)
);
CREATE TABLE labels (
    name VARCHAR(99) NOT NULL,
    version INTEGER NOT NULL,
    label VARCHAR(99) NOT NULL,
    value VARCHAR(99),
    PRIMARY KEY (name, version, label),
    CONSTRAINT labels_version FOREIGN KEY (name, version) REFERENCES versions (name, version) ON UPDATE CASCADE
);
INSERT INTO models VALUES ('fraud', 1), ('Fraud', 2), ('other', 3);
INSERT INTO versions VALUES ('fraud', 1, '/a'), ('Fraud', 2, '/b'), ('Fraud', 1, '/a'), ('other', 1, '/o');
INSERT INTO labels VALUES ('fraud', 1, 'ok', 'y'), ('Fraud', 1, 'ok', 'y'), ('Fraud', 1, 'by', 'me'),
  ('Fraud', 2, 'ok', 'n');
"""
TABLES = ("models", "versions", "labels")
SPEC = """
spec = Spec(
    revision=revision,
    identity=Identity(noun="model", key=t["models"].c.name, duplicates=Duplicates.FOUND,
                      match=sa.func.lower(t["models"].c.name), survivor=(t["models"].c.made,)),
    slots=(
        Slots(noun="version", key=(t["versions"].c.name, t["versions"].c.version), owners=(t["versions"].c.name,),
              slot=(t["versions"].c.version,), value=t["versions"].c.source),
        Slots(noun="label", key=(t["labels"].c.name, t["labels"].c.version, t["labels"].c.label),
              owners=((t["labels"].c.name, t["labels"].c.version),), of="version", slot=(t["labels"].c.label,),
              value=t["labels"].c.value),
    ),
)
"""
FOR_A_MOMENT = """
def dropped():
    op.drop_constraint("labels_version", "labels")
def made_again():
    key = ["name", "version"]
    op.create_foreign_key("labels_version", "labels", "versions", key, key, onupdate="CASCADE")
def upgrade():
    op.create_side_tables(spec)
    dropped()
    op.rekey(spec)
    made_again()
def downgrade():
    dropped()
    op.restore(spec)
    made_again()
    op.drop_side_tables(spec)
"""
FOLDED = [
    [("fraud", 1), ("other", 3)],
    [("fraud", 1, "/a"), ("fraud", 2, "/b"), ("other", 1, "/o")],
    [("fraud", 1, "by", "me"), ("fraud", 1, "ok", "y"), ("fraud", 2, "ok", "n")],
]


def contents(database):
    return [sorted(database.rows(f"SELECT * FROM {name}")) for name in TABLES]


def made(database, folder, ways):
    return several(database, folder, MODELS, TABLES, {"0001": SPEC + ways}, registry={})


@both_ways
@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_it_is_refused_and_folds_where_the_revision_drops_it_for_a_moment(database, tmp_path, how):
    project = made(database, tmp_path, THERE_AND_BACK)
    before, schema = contents(database), database.snapshot()
    if how == "online":
        ended = project.upgrade()
        assert (2, True) == (ended.code, "rekey_attached_by_name_version_" in ended.err), ended.err
        assert "drop the foreign key for a moment" in ended.err
    else:
        done = database.run_script(project.script())
        assert (True, True) == (done.returncode != 0, b"rekey_attached_by_name_version" in done.stderr), done.stderr
    assert schema == database.snapshot()
    # As the remedy says.
    revision = tmp_path / "several" / "migrations" / "versions" / "0001.py"
    revision.write_text(revision.read_text("utf-8").replace(THERE_AND_BACK, FOR_A_MOMENT), "utf-8")
    goes(project, how, "upgrade", "", "head")
    assert FOLDED == contents(database)
    database.execute("UPDATE versions SET version = 3 WHERE version = 2")
    assert [("fraud", 3)] == database.rows("SELECT name, version FROM labels WHERE value = 'n'")
    database.execute("UPDATE versions SET version = 2 WHERE version = 3")
    goes(project, how, "downgrade", "head", "base")
    assert before == contents(database)


@pytest.mark.slow
@both_ways
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_follows_none_while_it_folds(database, tmp_path, how):
    project = made(database, tmp_path, THERE_AND_BACK)
    before = contents(database)
    goes(project, how, "upgrade", "", "head")
    assert FOLDED == contents(database)
    goes(project, how, "downgrade", "head", "base")
    assert before == contents(database)

"""Claims about values that created rows get by the revision: constants, and SQL that is made of their name."""

import pytest
import sqlalchemy as sa

from alembic_rekey import Identity, Spec
from alembic_rekey.errors import SpecRefused
from declared import declared

SCHEMA = """
CREATE TABLE projects (id {key}, name TEXT NOT NULL UNIQUE, slug VARCHAR(40) NOT NULL UNIQUE, size INTEGER);
INSERT INTO projects (name, slug) VALUES ('pol', 'pol'), ('grd', 'grd');
CREATE TABLE notes (id INTEGER PRIMARY KEY, project TEXT);
INSERT INTO notes VALUES (1, 'pol'), (2, 'grd');
"""
NAMES = {"It's 100%: Polisher": ["pol"], "Grinder": ["grd"]}
KEYS = {"sqlite": "INTEGER PRIMARY KEY", "postgresql": "SERIAL PRIMARY KEY"}
NOTES = 'Tags(noun="note", key=t["notes"].c.id, tag=t["notes"].c.project),'


def project(database, tmp_path, created):
    """Both canonical rows are still to be created; `created` is Python text over the table `p`."""
    identity = f'(lambda p: Identity(noun="project", key=p.c.id, name=p.c.name, created={created}))(t["projects"])'
    spec = f"Spec(revision=revision, identity={identity}, tags=({NOTES}))"
    schema = SCHEMA.format(key=KEYS[database.dialect])
    return declared(database, tmp_path, schema, spec, ["projects", "notes"], names=NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["online", "script"])
def test_a_value_may_be_made_of_the_name(database, tmp_path, way):
    """Case 34: a unique column needs a value per row, and a constant is but one."""
    created = """{"slug": sa.func.lower(sa.func.replace(p.c.name, " ", "-%:")), "size": sa.func.length(p.c.name)}"""
    made = project(database, tmp_path, created)
    before = [database.table(table) for table in ("projects", "notes")]
    assert 0 == made.upgrade("0001").code
    said = made.check()
    assert (0, "") == (said.status, said.err)
    made.goes(way)
    expected = [("Grinder", "grinder", 7), ("It's 100%: Polisher", "it's-%:100%:-%:polisher", 19)]
    assert expected == database.rows("SELECT name, slug, size FROM projects ORDER BY name")
    made.goes(way, "downgrade")
    assert before == [database.table(table) for table in ("projects", "notes")]


@pytest.mark.parametrize("value", ['"one"', "sa.func.substr(p.c.name, 100)"], ids=["constant", "made"])
@pytest.mark.slow
def test_values_that_a_unique_column_would_find_alike_are_refused_beforehand(database, tmp_path, value):
    """`plan --check` and the upgrade say the same, and their remedy names what to do."""
    made = project(database, tmp_path, f"{{'slug': {value}}}")
    before = database.snapshot()
    said, ended = made.check(), made.upgrade()
    assert (2, 2) == (said.status, ended.code)
    for text in (said.out, ended.err):
        assert "the row to be created for Grinder" in text
        assert "Identity(created={'slug': func.lower(projects.c.name)})" in text
    assert before == database.snapshot()


PROJECTS = sa.Table("projects", sa.MetaData(), *(sa.Column(name, sa.Text) for name in ("id", "name", "slug", "more")))
AGAIN = PROJECTS.alias("again")


@pytest.mark.parametrize(
    ("value", "of"),
    [
        (PROJECTS.c.more, "projects.more"),
        (sa.func.lower(PROJECTS.c.name + PROJECTS.c.more), "projects.more"),
        (AGAIN.c.name, "again.name"),
        (sa.literal_column("random()"), "the SQL 'random()'"),
        (sa.text("lower(name)"), "the SQL 'lower(name)'"),
        (sa.select(sa.func.max(PROJECTS.c.name)).scalar_subquery(), "a query of its own"),
    ],
    ids=["column", "among others", "another row", "literal column", "text", "query"],
)
def test_a_value_that_is_made_of_more_than_the_name_is_refused(value, of):
    with pytest.raises(SpecRefused) as refused:
        Spec(
            revision="1",
            identity=Identity(noun="project", key=PROJECTS.c.id, name=PROJECTS.c.name, created={"slug": value}),
        )
    assert f"makes the value of created rows for 'slug' of {of}, which a row has not" in str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("key", ["SERIAL", "BIGINT GENERATED ALWAYS AS IDENTITY (INCREMENT 5)"])
@pytest.mark.parametrize("way", ["online", "script"])
def test_a_created_row_gets_a_free_key_where_rows_came_with_keys_of_their_own(database, tmp_path, key, way):
    """A sequence knows nothing of keys that an import wrote: its next number was taken."""
    schema = f"""
    CREATE TABLE projects (id {key} PRIMARY KEY, name TEXT NOT NULL);
    INSERT INTO projects OVERRIDING SYSTEM VALUE VALUES (1, 'pol'), (2, 'POL'), (6, 'other');
    CREATE TABLE notes (id INTEGER PRIMARY KEY, project_id INTEGER);
    INSERT INTO notes VALUES (1, 1), (2, 2), (3, 6);"""
    spec = """Spec(revision=revision,
        identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name),
        references=(References(noun="note", key=t["notes"].c.id, owners=(t["notes"].c.project_id,)),))"""
    made = declared(database, tmp_path, schema, spec, ["projects", "notes"], names={"Polisher": ["pol"]})
    assert 0 == made.check().status
    if way == "online":
        ended = made.upgrade()
        assert 0 == ended.code, ended.err
    else:
        ran = database.run_script(made.script())
        assert 0 == ran.returncode, ran.stderr
    ((created,),) = database.rows("SELECT id FROM projects WHERE name = 'Polisher'")
    assert created > 6
    assert [(1, created), (2, created), (3, 6)] == database.rows("SELECT * FROM notes ORDER BY id")
    assert 0 == made.downgrade().code
    assert [(1, "pol"), (2, "POL"), (6, "other")] == database.rows("SELECT * FROM projects ORDER BY id")

"""Claims about `alembic-rekey scan`: what it finds that no spec declares, what it leaves in peace, what it changes."""

import json
import os
import subprocess
import sys

import pytest

from alembic_rekey.cli import scan_command
from alembic_rekey.connection.database import reading
from alembic_rekey.project.configuration import configuration, settings_of
from alembic_rekey.project.folds import Folds
from alembic_rekey.review.scan import keys_held
from alembic_rekey.review.scan.scan import scanned
from alembic_rekey.review.schema.held import Looking
from declared import declared

pytestmark = pytest.mark.sqlite_first

NAMES = {"acme": ["acme inc", "ACM"], "zoë": ["zoe's shop"], "42": ["forty two"]}
FOLDED = """
CREATE TABLE projects (id {key} PRIMARY KEY, name VARCHAR(30) NOT NULL, gone {time});
CREATE TABLE orders (id INTEGER PRIMARY KEY, project_id {key} REFERENCES projects (id), remark VARCHAR(90));
CREATE TABLE letters (id INTEGER PRIMARY KEY, project VARCHAR(30), written_at {time},
  lower_project VARCHAR(30) GENERATED ALWAYS AS (lower(project)) STORED);
INSERT INTO projects VALUES ({one}, 'acme', NULL), ({two}, 'ACME Inc', NULL), ({three}, 'zoë', NULL);
INSERT INTO orders VALUES (1, {one}, 'for acme, by boat'), (2, {two}, 'zoe''s shop pays'), (3, {three}, NULL);
INSERT INTO letters VALUES (1, 'acm', '2026-01-05 10:00:00'), (2, 'zoë', NULL);
"""
SPEC = """Spec(
    revision=revision,
    identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name, missing=Missing.PROMOTE,
        where=t["projects"].c.gone.is_(None)),
    references=(References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.project_id,)),),
    tags=(Tags(noun="letter", key=t["letters"].c.id, tag=t["letters"].c.project),),
)"""
TABLES = ["projects", "orders", "letters"]
KINDS = {
    "sqlite": {"time": "DATETIME", "json": "JSON"},
    "postgresql": {"time": "TIMESTAMP", "json": "JSONB"},
}
NUMBERS = {"key": "INTEGER", "one": 1, "two": 2, "three": 3}
WORDS = {"key": "VARCHAR(40)", "one": "'k-1'", "two": "'k-2'", "three": "'k-3'"}
PEACEFUL = """
CREATE TABLE words (id INTEGER PRIMARY KEY, word VARCHAR(60), state VARCHAR(9), project_count INTEGER, doc {json},
  project_type_id INTEGER, nearly VARCHAR(30));
INSERT INTO words VALUES
  (1, 'acme and others', 'open', 2, '{{"acme": "a", "of": ["acme inc. ", 42, null]}}', 7, 'acmee'),
  (2, 'acmes', 'shut', 42, '[]', 8, 'zo'), (3, '', 'open', 1, '{{"acme": {{"zoe''s shop": 1}}}}', 9, 'fortytwo');
CREATE TABLE prose (id INTEGER PRIMARY KEY, line TEXT);
INSERT INTO prose VALUES (71, '[draft] of [1]'), (72, '"a" said "b"'), (73, '{{x}} of {{y}}'), (74, '[1] to [2]');
CREATE TABLE marks (id INTEGER PRIMARY KEY, on_type VARCHAR(40), on_id VARCHAR(40), of_type VARCHAR(9), of_id INTEGER);
INSERT INTO marks VALUES (1, 'project', {one}, 'word', 2), (2, 'Order', {two}, NULL, 2),
  (3, 'subproject', {two}, NULL, 2), (4, 'project/type', {two}, NULL, 2);
"""
PLANTED = r"""
CREATE TABLE visits (id INTEGER PRIMARY KEY, who VARCHAR(30), at {time});
INSERT INTO visits VALUES (1, 'acme', NULL), (2, 'Nobody', NULL), (3, ' ACM ', NULL);
CREATE TABLE "it's 50% :of ""x"";" (id INTEGER PRIMARY KEY, "a.b $$ --" TEXT);
INSERT INTO "it's 50% :of ""x"";" VALUES (1, 'ZOË');
CREATE TABLE events (id INTEGER PRIMARY KEY, payload {json}, log TEXT);
INSERT INTO events VALUES (1, '{{"of": {{"name": "acme"}}, "all": ["x", "Forty Two", {{"n": "acm"}}]}}', 'plain'),
  (2, '"acme inc"', '{{"project": "acme"}}'), (3, '[4.2e1, null, "acme"]', ' [true, {{"by": ["acm"]}}] ');
CREATE TABLE bills (id INTEGER PRIMARY KEY, project_id {key}, old_project_id VARCHAR(40), note TEXT);
INSERT INTO bills VALUES (1, {two}, '1', NULL), (2, {one}, {two}, 'paid'), (3, {three}, NULL, NULL);
CREATE TABLE notes (id INTEGER PRIMARY KEY, subject_type VARCHAR(40), subject_id VARCHAR(40), object_id {key},
  content_type VARCHAR(40), said VARCHAR(9));
INSERT INTO notes VALUES (1, 'App\Models\Project', {two}, {two}, 'crm.projects', NULL),
  (2, 'App\Models\Project', {two}, {two}, 'word', NULL), (3, 'projects', {two}, {one}, 'crm.projects', NULL),
  (4, 'word', {two}, {two}, NULL, NULL);
ALTER TABLE orders ADD COLUMN buyer VARCHAR(30);
UPDATE orders SET buyer = 'acm' WHERE id = 1;
"""
ONLY_POSTGRESQL = """
CREATE SCHEMA archive;
CREATE TABLE archive.visits (id INTEGER PRIMARY KEY, who VARCHAR(30), project_id {key});
INSERT INTO archive.visits VALUES (1, 'acm', {two});
CREATE TYPE whose AS ENUM ('acme', 'none');
CREATE DOMAIN title AS VARCHAR(30);
CREATE TABLE typed (id INTEGER PRIMARY KEY, tags TEXT[], of whose, titled title, plain JSON, empty TEXT[]);
INSERT INTO typed VALUES (1, '{{x,"acme inc"}}', 'acme', 'Acme', '{{"a": ["zoë"]}}', NULL),
  (2, NULL, 'none', 'other', NULL, '{{}}');
"""
FOUND = {
    ("visits", "who", ""),
    ('it\'s 50% :of "x";', "a.b $$ --", ""),
    ("events", "payload", "$.of.name"),
    ("events", "payload", "$.all[*]"),
    ("events", "payload", "$.all[*].n"),
    ("events", "payload", "$"),
    ("events", "payload", "$[*]"),
    ("events", "log", "$.project"),
    ("events", "log", "$[*].by[*]"),
    ("orders", "buyer", ""),
}
HELD = {
    ("bills", "project_id"): 1,
    ("bills", "old_project_id"): 1,
    ("notes", "subject_id", r"App\Models\Project"): 2,
    ("notes", "subject_id", "projects"): 1,
    ("notes", "object_id", "crm.projects"): 1,
}
FOUND_IN_POSTGRESQL = {
    ("archive.visits", "who", ""),
    ("typed", "tags", "[*]"),
    ("typed", "of", ""),
    ("typed", "titled", ""),
    ("typed", "plain", "$.a[*]"),
}


def project(database, tmp_path, *more, keys=NUMBERS):
    """The project on a database of the folded tables and `more`, with much prose that names nobody alone."""
    schema = "".join([FOLDED, PEACEFUL, *more]).format(**keys, **KINDS[database.dialect])
    made = declared(database, tmp_path, schema, SPEC, TABLES, names=NAMES)
    lines = ["acme", *(f"line {number} of acme" for number in range(60))]
    database.insert("prose", [{"id": number, "line": line} for number, line in enumerate(lines)])
    return made


def planted(database, tmp_path, keys=NUMBERS):
    more = [PLANTED, *([ONLY_POSTGRESQL] if database.dialect == "postgresql" else [])]
    return project(database, tmp_path, *more, keys=keys)


def register(made, names):
    listed = [{"id": name, "aliases": list(aliases)} for name, aliases in names.items()]
    (made.folder / "names.json").write_text(json.dumps({"projects": listed}), "utf-8")


def scan(made, *arguments, status=0):
    said = made.rekey("scan", "--json", *arguments)
    assert status == said.status, said
    return json.loads(said.out)


def outside(document):
    return {(one["table"], one["column"], one["path"]) for one in document["holdings"] if not one["declared"]}


def keys(document):
    return {(one["table"], one["column"], *one["where"].values()): one["rows"] for one in document["keys"]}


@pytest.mark.parametrize("of", [NUMBERS, WORDS], ids=["numbers", "words"])
def test_it_finds_every_column_that_no_spec_declares_and_no_other(database, tmp_path, of):
    made = planted(database, tmp_path, of)
    before = database.snapshot()
    found = scan(made)
    on_postgresql = database.dialect == "postgresql"
    assert FOUND | (FOUND_IN_POSTGRESQL if on_postgresql else set()) == outside(found)
    assert HELD | ({("archive.visits", "project_id"): 1} if on_postgresql else {}) == keys(found)
    assert [] == found["notes"]
    assert before == database.snapshot()


def test_it_finds_nothing_where_nothing_is_outside_the_spec(database, tmp_path):
    made = project(database, tmp_path)
    found = scan(made, "--check")
    assert (set(), {}, []) == (outside(found), keys(found), found["since"])
    assert {("projects", "name"), ("letters", "project")} == {
        (one["table"], one["column"]) for one in found["holdings"]
    }
    said = made.rekey("scan", "--check")
    assert (0, True) == (said.status, "Nothing outside the specs holds a registered name" in said.out)


def test_a_monitor_is_told_by_the_exit_status(database, tmp_path):
    made = planted(database, tmp_path)
    said = made.rekey("scan", "--check")
    assert (4, "") == (said.status, said.err)
    assert "visits.who: 2 of 3 values, 1 registered project: ' ACM ', 'acme'\n" in said.out
    assert "events.payload at $.all[*]: 1 of 2 values, 1 registered project: 'Forty Two'\n" in said.out
    more = len(outside(scan(made))) - 3
    assert f"… and {more} more (--all shows them)" in made.rekey("scan", "--limit", "3").out
    assert 0 == made.rekey("scan").status


@pytest.mark.slow
def test_every_plan_says_in_a_line_that_there_is_something_to_scan_for(database, tmp_path):
    made = planted(database, tmp_path)
    number = len({(table, column) for table, column, _ in outside(scan(made))})
    line = f"  note         {number} columns outside the spec hold registered names: see alembic-rekey scan.\n"
    assert line in made.rekey("plan").out
    assert 0 == made.upgrade().code
    assert line in made.rekey("plan").out


def test_a_plan_says_nothing_of_it_where_there_is_nothing(database, tmp_path):
    assert "see alembic-rekey scan" not in project(database, tmp_path).rekey("plan").out


def test_rows_written_under_an_alias_since_the_last_fold_are_told_by_day(database, tmp_path):
    made = project(database, tmp_path)
    assert [] == scan(made)["since"]
    assert 0 == made.upgrade().code
    assert [] == scan(made, "--check")["since"]
    database.execute(
        "INSERT INTO letters VALUES (3, 'Acm', '2026-02-03 23:59:59'), (4, 'Acm', '2026-02-03'),"
        " (5, 'acme', '2026-02-03'), (6, 'acme inc', '2026-02-04'), (7, 'newer', '2026-02-04');"
        "INSERT INTO projects VALUES (9, 'acm', NULL), (10, 'acme inc', '2026-01-01')"
    )
    register(made, {**NAMES, "acme": [*NAMES["acme"], "newer"]})
    since = scan(made, "--check", status=4)["since"]
    assert {
        ("projects", "name", "acm", None, 1),
        ("letters", "project", "Acm", "2026-02-03", 2),
        ("letters", "project", "acme inc", "2026-02-04", 1),
    } == {tuple(one[name] for name in ("table", "column", "alias", "day", "rows")) for one in since}
    assert {"acme"} == {one["canonical"] for one in since}
    assert 0 == made.downgrade().code
    assert [] == scan(made)["since"]


STAMPS = {
    "numbers": ("BIGINT", 'Epoch(t["orders"].c.changed, "ms")', "4102444800000"),
    "texts": ("VARCHAR(30)", 't["orders"].c.changed', "'2100-01-01T00:00:00Z'"),
    "times": ("TIMESTAMP", 't["orders"].c.changed', "'2100-01-01 00:00:00'"),
}


@pytest.mark.parametrize(
    "stamp", [pytest.param(of, id=kind, marks=[pytest.mark.slow][: kind != "numbers"]) for kind, of in STAMPS.items()]
)
def test_a_name_beside_an_owner_was_written_since_if_its_row_was(database, tmp_path, stamp):
    """Such a name follows its owner: what stood there otherwise, a fold leaves as it is."""
    kind, declares, later = stamp
    orders = 'owners=(t["orders"].c.project_id,)'
    spec = SPEC.replace(orders, f'{orders}, names=(t["orders"].c.buyer,), updated_at={declares}')
    schema = FOLDED.format(**NUMBERS, **KINDS[database.dialect])
    schema += f"ALTER TABLE orders ADD COLUMN buyer VARCHAR(30); ALTER TABLE orders ADD COLUMN changed {kind};"
    schema += "INSERT INTO orders (id, project_id, buyer) VALUES (4, 1, 'acm');"
    made = declared(database, tmp_path, schema, spec, TABLES, names=NAMES)
    assert 0 == made.upgrade().code
    assert [] == scan(made, "--check")["since"]
    database.execute(f"INSERT INTO orders (id, project_id, buyer, changed) VALUES (5, 1, 'acm', {later})")
    (since,) = scan(made, "--check", status=4)["since"]
    assert ("buyer", "acm", "2100-01-01", 1) == tuple(since[name] for name in ("column", "alias", "day", "rows"))


def test_keys_of_rows_that_went_are_found_after_the_fold_as_before(database, tmp_path):
    made = project(database, tmp_path, PLANTED)
    database.execute("INSERT INTO bills VALUES (4, 2, NULL, NULL)")
    assert 0 == made.upgrade().code
    assert HELD | {("bills", "project_id"): 2} == keys(scan(made))
    database.execute("INSERT INTO projects VALUES (2, 'someone else', NULL)")
    assert {} == keys(scan(made))


def test_of_a_pair_of_type_and_key_a_scan_tells_what_no_spec_declares(database, tmp_path):
    """Rows that a part does not count, and rows of another spelling of the type: those alone."""
    part = """References(noun="note", key=t["notes"].c.id, owners=(t["notes"].c.subject_id,),
        where=(t["notes"].c.subject_type == "projects") & t["notes"].c.said.is_(None)),"""
    pairs = {("notes", "subject_id", r"App\Models\Project"): 2, ("notes", "subject_id", "projects"): 1}
    schema = (FOLDED + PLANTED).format(**NUMBERS, **KINDS[database.dialect])
    orders = 'owners=(t["orders"].c.project_id,)),'
    spec = SPEC.replace(orders, f"{orders} {part}")
    made = declared(database, tmp_path, schema, spec, [*TABLES, "notes"], names=NAMES)

    def held():
        return {place: rows for place, rows in keys(scan(made)).items() if place[1] == "subject_id"}

    assert {place: rows for place, rows in pairs.items() if place[2] != "projects"} == held()
    database.execute("UPDATE notes SET said = 'gone'")
    assert pairs == held()
    said = made.rekey("scan").out
    assert "notes.subject_id: where subject_type is 'projects', 1 row with the key of a project\n" in said


def test_more_keys_than_are_handed_over_are_found_out_for_each_table(database, tmp_path, monkeypatch):
    monkeypatch.setattr(keys_held, "_HANDED_OVER", 0)
    assert HELD == keys(scan(project(database, tmp_path, PLANTED)))


SLOTS = """
CREATE TABLE profiles (id {key} PRIMARY KEY, project_id {key} REFERENCES projects (id), bio VARCHAR(9));
CREATE TABLE budgets (project_id {key} PRIMARY KEY REFERENCES projects (id), amount INTEGER);
INSERT INTO profiles VALUES ({p1}, {one}, 'x'), ({p2}, {two}, 'x'), ({p3}, {three}, 'y');
INSERT INTO budgets VALUES ({two}, 5), ({three}, 7);
CREATE TABLE avatars (id INTEGER PRIMARY KEY, profile_id {key}, other_profile_id VARCHAR(9), ref INTEGER);
INSERT INTO avatars VALUES (1, {p2}, {p1}, 12), (2, {p2}, {p2}, 12), (3, {p3}, NULL, 13);
CREATE TABLE spendings (id INTEGER PRIMARY KEY, budget_id {key}, on_type VARCHAR(20), on_id VARCHAR(9));
INSERT INTO spendings VALUES (1, {two}, 'app.Profile', {p2}), (2, {three}, 'Budget', {three}), (3, NULL, 'bill', {p2});
CREATE TABLE work_profiles (id INTEGER PRIMARY KEY);
CREATE TABLE works (id INTEGER PRIMARY KEY, work_profile_id INTEGER, cover_profile_id {key});
INSERT INTO works VALUES (1, 12, {p2}), (2, 12, NULL);
"""
OF_SLOTS = """slots=(Slots(noun="profile", key=t["profiles"].c.id, owners=(t["profiles"].c.project_id,),
        value=t["profiles"].c.bio),
        Slots(noun="budget", key=t["budgets"].c.project_id, owners=(t["budgets"].c.project_id,),
        value=t["budgets"].c.amount),),
    references=(References(noun="work", key=t["works"].c.id, owners=(t["works"].c.cover_profile_id,), of="profile"),"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "of",
    [NUMBERS | {"p1": 11, "p2": 12, "p3": 13}, WORDS | {"p1": "'p-1'", "p2": "'p-2'", "p3": "'p-3'"}],
    ids=["numbers", "words"],
)
def test_keys_of_slots_that_go_or_went_are_found_too(database, tmp_path, of):
    """What a part declares is not, nor what is called after another table; a row that moved left its old key."""
    schema = (FOLDED + SLOTS).format(**of, **KINDS[database.dialect])
    spec = SPEC.replace("references=(", OF_SLOTS)
    tables = [*TABLES, "profiles", "budgets", "works"]
    made = declared(database, tmp_path, schema, spec, tables, names=NAMES)
    expected = {
        ("avatars", "profile_id"): 2,
        ("avatars", "other_profile_id"): 1,
        ("spendings", "on_id", "app.Profile"): 1,
        ("spendings", "budget_id"): 1,
    }
    assert expected == keys(scan(made))
    assert 0 == made.upgrade().code
    found = scan(made)
    assert (expected, []) == (keys(found), found["notes"])
    assert {"profile", "budget"} <= {one["noun"] for one in found["keys"]}
    assert 0 == made.downgrade().code
    database.execute("DELETE FROM avatars; DELETE FROM spendings")
    assert {} == keys(scan(made))


def test_names_that_no_list_registers_are_told_with_an_entry_to_paste(database, tmp_path):
    made = project(database, tmp_path)
    names = ["Acmee", "acmee", "A.C.M.E. Inc", "zoe", "ZOÉ", "other", "other", "Other one", ""]
    database.insert("letters", [{"id": 10 + number, "project": name} for number, name in enumerate(names)])
    # For a person, not for a monitor: of these alone --check says nothing.
    found = [(one["name"], one["rows"], one["near"]) for one in scan(made, "--check")["unregistered"]]
    assert ("other", 2, None) == found[0]
    assert {
        *(("Acmee", 1, "acme"), ("acmee", 1, "acme"), ("A.C.M.E. Inc", 1, "acme"), ("zoe", 1, "zoë")),
        *(("ZOÉ", 1, "zoë"), ("Other one", 1, None)),
    } == {*found[1:]}
    said = made.rekey("scan").out
    assert "letters.project: 'other' (2 rows)" in said
    entries = {
        entry["id"]: entry["aliases"]
        for entry in (json.loads(line) for line in said.splitlines() if line.startswith('    {"id"'))
    }
    assert {"acme", "zoë"} == entries.keys()
    register(made, {name: [*aliases, *entries.get(name, ())] for name, aliases in NAMES.items()})
    others = [f"other {number % 30}" for number in range(60)]
    database.insert("letters", [{"id": 100 + number, "project": name} for number, name in enumerate([*others, "acne"])])
    found = scan(made)["unregistered"]
    assert (20, ["acne"]) == (len(found) - 1, [one["name"] for one in found if one["near"]])
    database.execute("DELETE FROM letters WHERE id >= 100")
    assert {"other", "Other one"} == {one["name"] for one in scan(made)["unregistered"]}


NEAR = """
import sys
from pathlib import Path
from alembic_rekey.names.registry import read_registry
from alembic_rekey.review.scan.unregistered import Near
near = Near(read_registry(Path(sys.argv[1]), "projects"))
print([near.to(f"p{number:05}-grid") for number in range(0, 1000, 7)])
"""


def test_a_name_is_nearly_the_same_one_in_every_run(tmp_path):
    """Though several are as near, and a set of letters has another order in each process."""
    listed = [{"id": f"p{number:05}-grid"} for number in range(0, 1000, 10)]
    (tmp_path / "names.json").write_text(json.dumps({"projects": listed}), "utf-8")
    told = {
        subprocess.run(
            [sys.executable, "-c", NEAR, tmp_path / "names.json"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            encoding="utf-8",
        ).stdout
        for seed in "123"
    }
    assert 1 == len(told)


MANY = {
    "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {0})"
    " INSERT INTO visits SELECT i, 'nobody', NULL FROM n",
    "postgresql": "INSERT INTO visits SELECT i, 'nobody', NULL FROM generate_series(1, {0}) AS i",
}


def test_a_part_of_a_large_table_is_read_and_that_is_said(database, tmp_path, monkeypatch):
    monkeypatch.setattr(scan_command, "MOST_ROWS", 1000)
    made = project(database, tmp_path, "CREATE TABLE visits (id INTEGER PRIMARY KEY, who VARCHAR(30), at {time});")
    database.execute(MANY[database.dialect].format(30_000))
    database.execute("UPDATE visits SET who = 'acm' WHERE id % 5 = 0")
    (found,) = [one for one in scan(made)["holdings"] if one["table"] == "visits"]
    assert 100 <= found["rows"] < 1_000
    (note,) = scan(made)["notes"]
    assert note.startswith("visits: about 1,000 of about ")
    assert note.endswith("rows were read; --full reads all")
    whole = scan(made, "--full")
    (found,) = [one for one in whole["holdings"] if one["table"] == "visits"]
    assert (6_000, 30_000, []) == (found["rows"], found["values"], whole["notes"])


@pytest.mark.slow
def test_a_question_that_takes_too_long_ends_alone_and_is_told(database, tmp_path):
    """Five times as many rows as an idle machine reads in the time."""
    made = planted(database, tmp_path)
    database.execute("DELETE FROM visits")
    database.execute(MANY[database.dialect].format(2_000_000))
    config = configuration([str(made.config)], [f"url={database.url}"], "alembic")
    settings, folds = settings_of(config), Folds(config)
    with reading(settings) as connection:
        looking = Looking(connection, None, 0.2)
        found = scanned(looking, folds.specs, settings.registry, "alembic_version", folds.awaited(()))
    assert any(note.startswith("visits.who was not read: ") for note in found.notes)
    assert FOUND - {("visits", "who", "")} <= {(one.table, one.column, one.path) for one in found.outside}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_only_looks_like_a_document_ends_the_question_about_documents_alone(database, tmp_path):
    made = planted(database, tmp_path)
    database.execute("""INSERT INTO visits VALUES (7, '{"a": b}', NULL)""")
    found = scan(made)
    assert ["visits.who was not read for documents: invalid input syntax for type json"] == found["notes"]
    assert FOUND <= outside(found)


def test_duplicates_that_are_found_in_the_data_have_keys_and_no_names(database, tmp_path):
    spec = SPEC.replace("missing=Missing.PROMOTE", "duplicates=Duplicates.FOUND")
    schema = (FOLDED + PLANTED).format(**NUMBERS, **KINDS[database.dialect])
    made = declared(
        database, tmp_path, schema + "UPDATE projects SET name = 'ACME' WHERE id = 2;", spec, TABLES, names={}
    )
    (made.folder / "names.json").unlink()
    found = scan(made, "--check", status=4)
    assert (set(), HELD) == (outside(found), keys(found))


def test_a_project_without_a_fold_and_a_registry_that_is_not_there(database, tmp_path):
    made = planted(database, tmp_path)
    (made.folder / "names.json").unlink()
    assert ["the registry file does not exist: no name is known."] == scan(made)["notes"]
    (made.folder / "names.json").write_text("[", "utf-8")
    said = made.rekey("scan")
    assert (1, True) == (said.status, said.err.startswith("FAILED: "))
    (made.folder / "migrations" / "versions" / "0002_fold.py").unlink()
    (made.folder / "migrations" / "versions" / "0001_side.py").unlink()
    said = made.rekey("scan")
    assert (1, True) == (said.status, "alembic-rekey revision --fold TABLE.COLUMN" in said.err)

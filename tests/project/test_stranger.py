"""Claims about a project that knows nothing of ours: other tables, keys, types and words, an environment of its own."""

import json
from uuid import UUID

import pytest

from stranger import CREATED, KEYS, TABLES, make, shown
from ways_back import contents

OLD, LATER = "2026-01-01 09:00:00", "2026-01-02 09:00:00"
FIRST, SECOND, THIRD = "Corner Shop", "it's :x 100% $$ --", "Zoë's 🧪"


@pytest.fixture
def keys(database):
    """One kind of keys for each database; the ways there and back are tested with both."""
    return {"sqlite": "integer", "postgresql": "uuid"}[database.dialect]


@pytest.fixture
def project(database, tmp_path, keys):
    return make(database, tmp_path / "a folder", keys)


both_kinds_of_keys = pytest.mark.parametrize("keys", KEYS)


def shop(project, number, name):
    details = {"label": f"shop {number}", "listed": True, "details": '{"n": 1}'}
    return {"id": project.key(number), "name": name, "opened_at": OLD, "changed_at": OLD, **details}


def setting(project, number, owner, name, value, state):
    place = {"shop_id": project.key(owner), "section": "a", "name": name}
    return {"id": project.key(number, other=True), **place, "value": value, "state": state, "changed_at": OLD}


def price(project, number, owner, amount, state="live"):
    return {"No": number, "Shop": project.key(owner), "Valid For": "all", "amount": amount, "state": state}


def review(project, number, name, changed_at=OLD):
    row = {"id": project.key(number, other=True), "shop": name, "body": "good", "stars": 5}
    return {**row, "state": "live", "changed_at": changed_at}


def everything(project):
    """A row for every action; shop 4 has no canonical, shop 5 is a misspelt one."""
    shops = {1: FIRST, 2: "corner", 3: " CS", 4: "back\\slash", 5: f" {THIRD}", 6: "other", 7: "zoe"}
    settings = [
        *((1, 2, "free", '{"v": 1}', "retired"), (2, 1, "same", "[1]", "live"), (3, 2, "same", "[1]", "live")),
        *((4, 1, "displaced", '"old"', "draft"), (5, 2, "displaced", '"new"', "live")),
        *((6, 3, "displaced", '"x"', "retired"), (7, 4, "created", "7", "live")),
        *((8, 1, "revived", '"v"', "draft"), (9, 3, "revived", '"v"', "live"), (10, 5, "renamed", "1", "live")),
    ]
    return {
        "shops": [shop(project, number, name) for number, name in shops.items()],
        "settings": [setting(project, *row) for row in settings],
        "Price List": [price(project, 1, 2, "10.50"), price(project, 2, 4, "99.99", "draft"), price(project, 3, 6, 1)],
        "LineItem": [
            {"id": number, "shopName": name, "changed_at": OLD}
            for number, name in enumerate(("corner", FIRST, "back\\slash", None, "other", "zoe"))
        ],
        "reviews": [
            *(review(project, 1, "Corner"), review(project, 2, FIRST, LATER)),
            *(review(project, 3, "ZOE"), review(project, 4, None)),
        ],
        "visits": [{"id": 1, "shop": "\tCORNER ", "at": OLD}, {"id": 2, "shop": "other", "at": None}],
    }


def ends_as_the_decision_tables_say(project):
    names = dict(project.database.rows("SELECT id, name FROM shops"))
    known = {shown(key): name for key, name in ((str(key), name) for key, name in names.items())}
    fixed = {str(shown(project.key(number))): name for number, name in ((1, FIRST), (5, THIRD), (6, "other"))}
    (created,) = known.keys() - fixed.keys()
    assert {**fixed, created: SECOND} == known
    made = next(row for row in project.rows()["shops"] if row["name"] == SECOND)
    assert CREATED == {**{name: made[name] for name in CREATED}, "listed": bool(made["listed"])}
    assert made["opened_at"] == made["changed_at"]
    if project.keys == "uuid":
        key = UUID(made["id"])
        assert (5, key.hex if project.database.dialect == "sqlite" else str(key)) == (key.version, made["id"])
    settings = project.database.rows(
        "SELECT s.name, p.name, s.value, s.state FROM settings s JOIN shops p ON p.id = shop_id"
    )
    assert {
        "free": (FIRST, {"v": 1}, "retired"),
        "same": (FIRST, [1], "live"),
        "displaced": (FIRST, "new", "live"),
        "created": (SECOND, 7, "live"),
        "revived": (FIRST, "v", "live"),
        "renamed": (THIRD, 1, "live"),
    } == {name: (owner, loaded(value), state) for name, owner, value, state in settings}
    prices = project.database.rows('SELECT "No", p.name FROM "Price List" JOIN shops p ON p.id = "Shop"')
    assert {1: FIRST, 2: SECOND, 3: "other"} == dict(prices)
    items = dict(project.database.rows('SELECT id, "shopName" FROM "LineItem"'))
    assert {0: FIRST, 1: FIRST, 2: SECOND, 3: None, 4: "other", 5: THIRD} == items
    reviews = {shown(row["id"]): (row["shop"], row["state"]) for row in project.rows()["reviews"]}
    expected = {1: (FIRST, "retired"), 2: (FIRST, "live"), 3: (THIRD, "live"), 4: (None, "live")}
    assert {shown(project.key(number, other=True)): row for number, row in expected.items()} == reviews
    assert {1: FIRST, 2: "other"} == dict(project.database.rows("SELECT id, shop FROM visits"))
    return True


def loaded(value):
    return json.loads(value) if isinstance(value, str) and value[:1] in '{["0123456789' else value


def script(project, *arguments, **x):
    return project.database.run_script(project.does(*arguments, "--sql", **x).out.encode("ascii"))


@pytest.mark.sqlite_first
@both_kinds_of_keys
def test_an_upgrade_folds_and_a_downgrade_puts_everything_back(project):
    project.fill(everything(project))
    before = contents(project.database)
    project.does("upgrade", "head")
    assert ends_as_the_decision_tables_say(project)
    after = contents(project.database)
    project.does("downgrade", "-1")
    assert before == contents(project.database)
    project.does("upgrade", "head")
    assert after.keys() == contents(project.database).keys()
    assert ends_as_the_decision_tables_say(project)
    project.does("downgrade", "base")
    assert before == contents(project.database)
    assert [] == [name for name in project.database.tables() if name.startswith("rekey_")]


@pytest.mark.slow
@both_kinds_of_keys
def test_the_script_folds_alike_and_the_script_back_puts_everything_back(project):
    project.fill(everything(project))
    before = contents(project.database)
    for arguments in (("upgrade", "head"), ("downgrade", "head:base")):
        ended = script(project, *arguments)
        assert 0 == ended.returncode, ended.stderr
        if arguments[0] == "upgrade":
            assert ends_as_the_decision_tables_say(project)
    assert before == contents(project.database)


@pytest.mark.slow
@both_kinds_of_keys
def test_a_report_alone_puts_everything_back(project):
    project.fill(everything(project))
    before = contents(project.database)
    project.does("upgrade", "head")
    for name in sorted(project.database.tables()):
        if name.startswith("rekey_"):
            project.database.execute(f'DROP TABLE "{name}"')
    (report,) = (project.folder / "reports").glob("*.json")
    project.does("downgrade", "-1", report=report)
    assert before == contents(project.database)


@pytest.mark.slow
@both_kinds_of_keys
def test_the_plan_is_the_one_that_the_upgrade_carries_out(project):
    project.fill(everything(project))
    planned = project.rekey("plan", "--json")
    assert 0 == planned.status, planned.err
    project.does("upgrade", "head", expect_plan=planned.document["plan"]["fingerprint"])
    (done,) = project.reports
    assert planned.document["plan"]["counts"] == done["plan"]["counts"]
    assert [0, 0, 3] == [project.rekey(*words).status for words in (["runs"], ["report"], ["plan", "--check"])]
    assert 0 == project.rekey("restore-plan").status


def refused(project, *words, arguments=("upgrade", "head"), **x):
    """A command refuses with these words and changes nothing; so does `plan --check` before an upgrade."""
    before = project.database.snapshot()
    if arguments[0] == "upgrade":
        planned = project.rekey("plan", "--check")
        assert 2 == planned.status, planned
        for word in words:
            assert word in planned.out + planned.err
    ended = project.alembic(*arguments, **x)
    assert ended.code in (1, 2), ended
    assert "Traceback" not in ended.err
    for word in words:
        assert word in ended.err
    assert before == project.database.snapshot()


def stopped(project, name):
    """The script stops at this guard and changes nothing."""
    before = contents(project.database)
    ended = script(project, "upgrade", "head")
    assert ended.returncode != 0
    assert name in ended.stderr.decode()
    assert before == contents(project.database)


@pytest.mark.slow
def test_a_collision_is_refused_in_the_words_of_the_project(project):
    rows = everything(project)
    rows["Price List"].append(price(project, 9, 1, "11.00"))
    project.fill(rows)
    refused(project, "'Corner Shop'", "Valid For=all", "10.5", "11")
    stopped(project, "rekey_collision_price")


@pytest.mark.slow
def test_rows_outside_the_plan_are_refused(project):
    project.fill(everything(project))
    kind = {"integer": "BIGINT", "uuid": "UUID" if project.database.dialect == "postgresql" else "CHAR(32)"}[
        project.keys
    ]
    project.database.execute(f"CREATE TABLE notes (shop {kind} REFERENCES shops (id))")
    project.database.insert("notes", [{"shop": project.key(2)}])
    refused(project, f"notes: 1 rows hang on shops row {str(project.key(2)) if project.keys == 'uuid' else 2!r}")
    stopped(project, "rekey_attached_shop" if project.database.dialect == "postgresql" else "rekey_foreign_key_broken")


@pytest.mark.slow
def test_two_rows_for_one_canonical_are_refused(project):
    rows = everything(project)
    rows["shops"].append(shop(project, 8, "corner shop"))
    project.fill(rows)
    refused(project, "shops: row", "'corner shop', is one of several rows for the canonical 'Corner Shop'")
    stopped(project, "rekey_two_canonical_rows_shop")


@pytest.mark.slow
def test_a_created_row_that_lacks_a_value_is_refused_and_only_where_one_is_created(database, tmp_path, keys):
    project = make(database, tmp_path / "project", keys, {"label": "made by a fold"})
    project.fill(everything(project))
    refused(project, "column 'listed'", "column 'details'", "Identity(created={...})")
    stopped(project, "rekey_unfilled_column_shop")
    database.insert("shops", [shop(project, 9, SECOND)])
    project.does("upgrade", "head")
    assert [] == database.rows("SELECT id FROM shops WHERE name = 'back\\slash'")


@pytest.mark.slow
def test_edited_rows_and_what_hangs_on_a_created_row_by_its_name_stay_where_drift_is_kept(project):
    project.fill(everything(project))
    project.does("upgrade", "head")
    project.database.execute("UPDATE reviews SET body = 'edited' WHERE shop = 'Corner Shop' AND state = 'live'")
    project.database.execute("UPDATE settings SET value = '0' WHERE name = 'free'")
    project.database.insert("LineItem", [{"id": 99, "shopName": SECOND, "changed_at": LATER}])
    said = "rows hang on it that do not go back"
    refused(project, said, "settings: row", arguments=("downgrade", "-1"))
    planned = project.rekey("restore-plan")
    assert (0, True) == (planned.status, said in planned.out)
    project.does("downgrade", "-1", on_drift="keep")
    items = dict(project.database.rows('SELECT id, "shopName" FROM "LineItem"'))
    assert {0: "corner", 1: FIRST, 2: "back\\slash", 3: None, 4: "other", 5: "zoe", 99: SECOND} == items
    names = {name for (name,) in project.database.rows("SELECT name FROM shops")}
    assert {FIRST, SECOND, "corner", " CS", "back\\slash", f" {THIRD}", "other", "zoe"} == names
    assert [(FIRST, 0)] == [
        (name, loaded(value))
        for name, value in project.database.rows(
            "SELECT p.name, value FROM settings s JOIN shops p ON p.id = shop_id WHERE s.name = 'free'"
        )
    ]


@pytest.mark.slow
def test_the_script_back_lets_a_created_row_stay_for_what_hangs_on_its_name(project):
    project.fill(everything(project))
    project.does("upgrade", "head")
    project.database.insert("LineItem", [{"id": 99, "shopName": SECOND, "changed_at": LATER}])
    kept = project.database.run_script(
        project.does("downgrade", "head:-1", "--sql", on_drift="keep").out.encode("ascii")
    )
    assert 0 == kept.returncode, kept.stderr
    assert [(99,)] == project.database.rows(
        'SELECT i.id FROM "LineItem" i JOIN shops ON name = "shopName" WHERE i.id = 99'
    )


@pytest.mark.slow
def test_a_misspelt_canonical_that_rows_refer_to_by_name_is_renamed_or_refused(project):
    rows = everything(project)
    rows["LineItem"].append({"id": 99, "shopName": f" {THIRD}", "changed_at": OLD})
    project.fill(rows)
    if project.database.dialect == "postgresql":
        refused(project, "LineItem: 1 rows refer through shopName to what changes of shops row", "would rename")
        stopped(project, "rekey_attached_by_name_shop")
        return
    before = contents(project.database)
    project.does("upgrade", "head")
    assert [(THIRD,)] == project.database.rows('SELECT "shopName" FROM "LineItem" WHERE id = 99')
    project.does("downgrade", "-1")
    assert before == contents(project.database)


@pytest.mark.words
@pytest.mark.slow
def test_the_registry_comes_from_the_variable_that_its_own_configuration_names(project, tmp_path, monkeypatch):
    monkeypatch.setenv("ATOCORE_PROJECT_REGISTRY_PATH", str(tmp_path / "missing"))
    assert "Corner Shop" in project.rekey("plan", "--json").out
    monkeypatch.setenv("SHOP_NAMES", str(tmp_path / "nowhere.json"))
    assert "the registry file does not exist" in project.rekey("plan").out


@pytest.mark.sqlite_first
def test_every_table_is_the_strangers_own(project):
    project.does("upgrade", "head")
    ours = {"rekey_run", "rekey_count", "rekey_alias", "alembic_version", *(f"rekey_journal_{name}" for name in TABLES)}
    ours |= {"rekey_answer", "rekey_redirect", "rekey_created_shops"}
    theirs = set(TABLES) if project.database.dialect == "sqlite" else set()
    assert ours | theirs == project.database.tables()

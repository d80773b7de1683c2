"""`alembic downgrade` after the application went on writing: nothing of what it wrote is lost, for any writes."""

import os

import pytest
from alembic.util import CommandError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import legacy
from strategies import legacy_without_collision

pytestmark = pytest.mark.slow

CASES = 2_000 if os.environ.get("REKEY_LONG") else 4
UNHURRIED = settings(
    max_examples=CASES,
    # Shrinking takes minutes here; the case as drawn is small enough to read.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
EDITED = {"projects": "description", "project_state": "value", "memories": "content", "interactions": "response"}


def rows_of(database):
    return {name: {row["id"]: row for row in database.table(name)} for name in legacy.TABLES}


def upgraded(database, case, upgrade, tmp_path):
    """Return the rows before and after the upgrade."""
    database.reset()
    legacy.create(database)
    legacy.fill(database, case.rows)
    registry = tmp_path / "registry.json"
    legacy.write_registry(registry, case.registry)
    before = rows_of(database)
    upgrade(database, registry)
    return before, rows_of(database)


def write_as_the_application(database, data, case, rows):
    """Edit, delete and insert rows at random; a project takes its state along when it goes."""
    mark = database.placeholder
    for number in range(data.draw(st.integers(0, 4))):
        table = data.draw(st.sampled_from(legacy.TABLES))
        act = data.draw(st.sampled_from(["edit", "delete", "insert"]))
        if act == "insert":
            insert_as_the_application(database, data, case, rows, table, f"new-{number}")
        elif rows[table]:
            key = data.draw(st.sampled_from(sorted(rows[table])))
            if act == "edit":
                column = EDITED[table]
                database.execute(f"UPDATE {table} SET {column} = 'edited {number}' WHERE id = {mark}", (key,))
            else:
                if table == "projects":
                    database.execute(f"DELETE FROM project_state WHERE project_id = {mark}", (key,))
                database.execute(f"DELETE FROM {table} WHERE id = {mark}", (key,))


def insert_as_the_application(database, data, case, rows, table, key):
    names = sorted({name for canonical, aliases in case.registry.items() for name in (canonical, *aliases)})
    if table == "projects":
        taken = {name for (name,) in database.rows("SELECT name FROM projects")}
        if free := [name for name in names if name not in taken]:
            database.insert(table, [{"id": key, "name": data.draw(st.sampled_from(free))}])
    elif table == "project_state":
        owners = [owner for (owner,) in database.rows("SELECT id FROM projects ORDER BY id")]
        if owners:
            owner = data.draw(st.sampled_from(owners))
            slots = sorted({(row["category"], row["key"]) for row in rows[table].values()} | {("new", "slot")})
            category, slot = data.draw(st.sampled_from(slots))
            held = database.rows("SELECT project_id, category, key FROM project_state")
            if (owner, category, slot) not in held:
                row = {"id": key, "project_id": owner, "category": category, "key": slot, "value": "new"}
                database.insert(table, [row])
    elif table == "memories":
        row = {"id": key, "memory_type": "new", "content": "new", "project": data.draw(st.sampled_from(names))}
        database.insert(table, [row])
    else:
        database.insert(table, [{"id": key, "prompt": "new", "project": data.draw(st.sampled_from(names))}])


@UNHURRIED
@given(data=st.data())
def test_keep_puts_untouched_rows_back_and_loses_no_edit(reused_database, upgrade, downgrade, tmp_path, data):
    database = reused_database
    case = data.draw(legacy_without_collision(database.dialect))
    before, after = upgraded(database, case, upgrade, tmp_path)
    write_as_the_application(database, data, case, after)
    written = rows_of(database)
    downgrade(database, tmp_path / "registry.json", on_drift="keep")
    result = rows_of(database)
    for table in legacy.TABLES:
        for key, row in written[table].items():
            if row != after[table].get(key):
                assert row == result[table][key], "what the application wrote stays as it is"
            elif key not in result[table]:
                assert table == "projects", "only a canonical row that the upgrade created may go"
                assert key not in before[table], "only a canonical row that the upgrade created may go"
            else:
                assert result[table][key] in (row, before[table].get(key)), "a row is as it was, or as it stood"
            if table in ("memories", "interactions") and row == after[table].get(key):
                assert before[table][key] == result[table][key], "untouched tagged rows always go back"
        for key in set(after[table]) - set(written[table]):
            assert key not in result[table], "what the application deleted stays deleted"
        for key in set(before[table]) - set(after[table]):
            assert result[table].get(key, before[table][key]) == before[table][key], "a row comes back as it was"
    owners = set(result["projects"])
    assert [row for row in result["project_state"].values() if row["project_id"] not in owners] == []


@UNHURRIED
@given(data=st.data())
def test_abort_changes_nothing_or_everything(reused_database, upgrade, downgrade, tmp_path, data):
    database = reused_database
    case = data.draw(legacy_without_collision(database.dialect))
    before, after = upgraded(database, case, upgrade, tmp_path)
    write_as_the_application(database, data, case, after)
    written = rows_of(database)
    snapshot = database.snapshot()
    try:
        downgrade(database, tmp_path / "registry.json", on_drift="abort")
    except CommandError:
        assert snapshot == database.snapshot()
        return
    result = rows_of(database)
    for table in legacy.TABLES:
        for key, row in before[table].items():
            touched = row != after[table].get(key)
            assert (row if touched else written[table].get(key)) == result[table].get(key)
        new = {key: row for key, row in written[table].items() if key not in after[table]}
        assert new == {key: row for key, row in result[table].items() if key in new}


@UNHURRIED
@given(data=st.data())
def test_abort_lets_a_downgrade_pass_that_nothing_stands_against(reused_database, upgrade, downgrade, tmp_path, data):
    database = reused_database
    case = data.draw(legacy_without_collision(database.dialect))
    before, _ = upgraded(database, case, upgrade, tmp_path)
    insert_as_the_application(database, data, case, before, "interactions", "new")
    downgrade(database, tmp_path / "registry.json", on_drift="abort")
    database.execute("DELETE FROM interactions WHERE id = 'new'")
    assert before == rows_of(database)

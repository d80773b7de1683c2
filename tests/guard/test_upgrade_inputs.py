"""Claims about registries and settings that refuse an upgrade before a row is looked at, or because of the rows."""

import json

import pytest

import legacy
from examples import CANONICAL, folded, memory, prepared, project, projects, refuses

# The registry.


def test_every_fault_of_the_registry_is_listed_with_its_place(database, tmp_path):
    prepared(database, tmp_path, folded())
    registry = tmp_path / "faulty.json"
    entries = [{"id": "a", "aliases": ["x", "b\u0007"]}, {"id": "b", "aliases": ["X", 1, None]}, {"id": "A"}, 7]
    registry.write_text(json.dumps({"projects": entries}))
    refuses(
        database,
        registry,
        f"the registry {registry} cannot be used; nothing was changed.",
        "projects[0].aliases[1]: ",
        "projects[1].aliases[2]: must be a string or a number, not null or absent",
        "projects[3]: must be an object",
        "'x' is registered by several entries",
        "'a' is registered by several entries",
    )


def test_one_alias_registered_for_two_projects_is_refused_whatever_its_spelling(database, tmp_path):
    registry = prepared(database, tmp_path, folded(), {CANONICAL: ["p05"], "other": [" P05 "]})
    refuses(database, registry, "'p05' is registered by several entries: ")


@pytest.mark.words
@pytest.mark.slow
def test_an_alias_that_is_the_id_of_another_project_is_refused(database, tmp_path):
    registry = prepared(database, tmp_path, folded(), {CANONICAL: ["p06"], "P06": []})
    refuses(database, registry, "'p06' is registered by several entries: ")


@pytest.mark.words
@pytest.mark.slow
def test_a_registry_of_another_shape_is_refused(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    for content in ("", "{", "[]", '{"projects": {}}', "\ufeffnull", '{"projects": [1]}'):
        registry.write_text(content)
        refuses(database, registry, "cannot be used; nothing was changed", "  - ")


@pytest.mark.words
@pytest.mark.slow
def test_a_registry_that_is_a_folder_is_refused(database, tmp_path):
    prepared(database, tmp_path, folded())
    folder = tmp_path / "folder"
    folder.mkdir()
    refuses(database, folder, "cannot be used")


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("projects", project("c", "atlas")),
        ("memories", memory("m", None)),
        ("interactions", {"id": "i", "prompt": ""}),
    ],
)
def test_a_missing_registry_is_refused_as_soon_as_one_table_holds_a_row(database, tmp_path, table, row):
    legacy.create(database)
    database.insert(table, [row])
    refuses(database, tmp_path / "nowhere.json", f"there is no such file, and {table} hold")


# Settings that refuse.


def test_an_unknown_setting_is_refused_before_the_database_is_touched(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    refuses(
        database, registry, "setting -x registy: there is no such setting.", "what to do: write registry.", registy="x"
    )


@pytest.mark.words
@pytest.mark.slow
def test_a_bad_value_is_refused_with_the_good_ones(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    for setting, value, said in (
        ("allow_empty", "maybe", "'maybe' is no value for it"),
        ("lock_timeout", "soon", "'soon' is no number of seconds"),
        ("lock_timeout", "0", "'0' is no number of seconds"),
        ("lock_timeout", "nan", "'nan' is no number of seconds"),
        ("on_drift", "ignore", "use one of: abort, keep"),
    ):
        refuses(database, registry, f"setting {setting}: ", said, **{setting: value})


@pytest.mark.sqlite_first
def test_an_empty_plan_is_refused_where_it_is_not_allowed(database, tmp_path):
    rows = {"projects": projects(c=CANONICAL), "memories": [memory("m", CANONICAL)]}
    registry = prepared(database, tmp_path, rows)
    refuses(database, registry, "rekey_plan_is_empty (1)", "the plan touches no row", allow_empty="false")


@pytest.mark.slow
def test_an_empty_database_without_registry_is_refused_where_an_empty_plan_is_not_allowed(database, tmp_path):
    legacy.create(database)
    refuses(database, tmp_path / "nowhere.json", "the plan touches no row", allow_empty="no")

"""Claims about `projects` rows: shadows, misspelt canonicals, created rows (section 3, Identities)."""

import pytest

import legacy
from alembic_rekey.names.registry import read_registry
from examples import (
    CANONICAL,
    LATER,
    OLD,
    REGISTRY,
    actions,
    counts,
    interaction,
    memories,
    memory,
    names,
    prepared,
    project,
    projects,
    refuses,
    state,
    states,
)

pytestmark = pytest.mark.sqlite_first

DESCRIPTION = "created by legacy alias migration"


@pytest.fixture
def fold(database, upgrade, tmp_path):
    """Folds these rows; returns the database."""

    def run(rows, registry=REGISTRY):
        upgrade(database, prepared(database, tmp_path, rows, registry))
        return database

    return run


def test_an_unregistered_project_and_a_canonical_one_are_left_as_they_are(fold):
    database = fold({"projects": [project("c", CANONICAL), project("a", "atlas")]})
    before = [project("a", "atlas", description=""), project("c", CANONICAL, description="")]
    assert actions(database, "projects") == {}
    seen = sorted(database.table("projects"), key=lambda row: row["id"])
    assert [{**row, "created_at": OLD, "updated_at": OLD} for row in seen] == before
    assert len({row["updated_at"] for row in seen}) == 1
    assert database.rows("SELECT outcome FROM rekey_run") == [("empty",)]


@pytest.mark.slow
def test_a_shadow_without_anything_attached_is_deleted(fold):
    database = fold({"projects": projects(c=CANONICAL, s="p05")})
    assert names(database) == {"c": CANONICAL}
    assert actions(database, "projects") == {"c": "keep", "s": "delete"}


def test_a_shadow_whose_project_has_no_canonical_row_gets_one_created_with_a_uuid_of_its_name(fold, registry_path):
    database = fold({"projects": projects(s="p05"), "project_state": [state("r", "s", "v")]})
    (created,) = database.table("projects")
    identities = {name.canonical: name.identity for name in read_registry(registry_path, "projects").names}
    assert (created["id"], created["name"]) == (identities[CANONICAL], CANONICAL)
    assert created["description"] == DESCRIPTION
    assert states(database) == {"r": (CANONICAL, "v", "active")}
    assert actions(database, "projects") == {"s": "delete", None: "create"}
    assert counts(database, "apply")["canonical_rows_created"] == 1


@pytest.mark.slow
def test_a_created_row_is_dated_by_the_run(fold):
    database = fold({"projects": projects(s="p05")})
    dates = "SELECT p.created_at = r.started_at, p.updated_at = r.started_at FROM projects p, rekey_run r"
    assert database.rows(dates) == [(1, 1)]


@pytest.mark.slow
def test_two_shadows_of_one_project_without_a_canonical_row_fold_into_one_created_row(fold):
    rows = [state("r1", "s", "1", key="one"), state("r2", "t", "2", key="two")]
    database = fold({"projects": projects(s="p05", t="interferometer"), "project_state": rows})
    assert list(names(database).values()) == [CANONICAL]
    assert states(database) == {"r1": (CANONICAL, "1", "active"), "r2": (CANONICAL, "2", "active")}
    assert counts(database, "apply")["canonical_rows_created"] == 1
    assert counts(database, "plan")["shadow_projects"] == 2


def test_two_shadows_fold_into_the_canonical_row_that_is_there(fold):
    rows = [state("r1", "s", "1", key="one"), state("r2", "t", "2", key="two")]
    shadows = projects(c=CANONICAL, s="p05", t="interferometer")
    database = fold({"projects": shadows, "project_state": rows})
    assert names(database) == {"c": CANONICAL}
    assert {name for name, *_ in states(database).values()} == {CANONICAL}


@pytest.mark.slow
def test_two_spellings_of_one_alias_are_two_shadows(fold):
    database = fold({"projects": projects(c=CANONICAL, s="p05", t="P05")})
    assert names(database) == {"c": CANONICAL}
    assert counts(database, "plan")["shadow_projects"] == 2


def test_a_misspelt_canonical_alone_is_renamed_in_place_with_everything_attached(fold):
    rows = {"projects": projects(c="P05-Interferometer"), "project_state": [state("r", "c", "v", "superseded")]}
    database = fold(rows)
    assert names(database) == {"c": CANONICAL}
    assert states(database) == {"r": (CANONICAL, "v", "superseded")}
    assert actions(database, "projects") == {"c": "rename"}
    assert actions(database, "project_state") == {}
    assert counts(database, "plan") == counts(database, "apply") == {"canonical_rows_renamed": 1}


def test_a_misspelt_canonical_takes_its_shadows_in(fold):
    rows = [state("kept", "c", "v"), state("merged", "s", "v"), state("free", "s", "w", key="free")]
    database = fold({"projects": projects(c=f" {CANONICAL} ", s="p05"), "project_state": rows})
    assert names(database) == {"c": CANONICAL}
    assert states(database) == {"kept": (CANONICAL, "v", "active"), "free": (CANONICAL, "w", "active")}
    assert actions(database, "projects") == {"c": "rename", "s": "delete"}


def test_a_misspelt_canonical_beside_the_right_one_is_refused_as_two_canonical_rows(database, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(a="p05", b="P05")}, {"p05": ["p"]})
    refuses(
        database,
        registry,
        "rekey_two_canonical_rows_project",
        "row 'a', named 'p05', is one of several rows for the canonical 'p05'",
        "row 'b', named 'P05', is one of several rows for the canonical 'p05'",
    )


@pytest.mark.slow
def test_two_misspelt_canonicals_are_refused_as_two_canonical_rows(database, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(a="P05", b=" p05")}, {"p05": ["p"]})
    refuses(database, registry, "named 'P05'", "named ' p05'")


AROUND = (" {}", "{}  ", "\t{}\n", "\u00a0{}\u3000", "\x1f{}\x85", "\r\n{}")


@pytest.mark.slow
def test_names_match_with_any_whitespace_around_them(fold):
    spelt = [around.format("P05") for around in AROUND]
    rows = {
        "projects": [project(str(number), name) for number, name in enumerate(spelt)],
        "memories": [memory(str(number), name, str(number)) for number, name in enumerate(spelt)],
        "interactions": [interaction(str(number), name) for number, name in enumerate(spelt)],
        "project_state": [state(str(number), str(number), "v", key=str(number)) for number in range(len(spelt))],
    }
    database = fold(rows)
    assert list(names(database).values()) == [CANONICAL]
    assert set(memories(database).values()) == {(CANONICAL, "active")}
    assert set(database.rows("SELECT project FROM interactions")) == {(CANONICAL,)}
    assert set(states(database).values()) == {(CANONICAL, "v", "active")}


@pytest.mark.slow
def test_names_in_the_registry_are_trimmed_too(fold):
    database = fold({"projects": projects(s="p05")}, {f" {CANONICAL}\n": [" p05 ", ""]})
    assert list(names(database).values()) == [CANONICAL]


SPELT = {
    "größe": "GRÖßE",
    "GRÖSSE": "grösse",
    "οδος": "ΟΔΟΣ",
    "İstanbul": "i\u0307stanbul",
    "kelvin": "\u212aelvin",
    "проект": "ПРОЕКТ",
    "プロジェクト": "プロジェクト",
    "lab 🧪": "LAB 🧪",
}
"""An alias, and another spelling of it."""


@pytest.mark.slow
def test_names_beyond_ascii_match_as_python_lowers_them(fold):
    assert all(stored.strip().lower() == registered.strip().lower() for registered, stored in SPELT.items())
    rows = {"projects": [], "memories": []}
    for number, stored in enumerate(SPELT.values()):
        rows["projects"].append(project(str(number), stored))
        rows["memories"].append(memory(str(number), stored))
    database = fold(rows, {f"canonical {number}": [alias] for number, alias in enumerate(SPELT)})
    assert set(names(database).values()) == {f"canonical {number}" for number in range(len(SPELT))}
    assert {key: tag for key, (tag, _) in memories(database).items()} == {
        str(number): f"canonical {number}" for number in range(len(SPELT))
    }


@pytest.mark.slow
def test_names_that_only_look_alike_do_not_match(fold):
    stored = {"s": "ß", "t": "gro\u0308ße", "u": "p\u200b05"}
    rows = {"projects": projects(**stored), "memories": [memory(key, name) for key, name in stored.items()]}
    database = fold(rows, {"the canonical": ["ss", "größe", "p05"]})
    assert names(database) == stored
    assert memories(database) == {key: (name, "active") for key, name in stored.items()}


def test_hostile_names_are_data_and_nothing_else(fold):
    alias = """'; DROP TABLE projects; -- %s :x \\ "q" $$ %(name)s ?"""
    canonical = "it's 100% {canonical} :run"
    rows = {"projects": projects(s=alias), "project_state": [state("r", "s", "v")], "memories": [memory("m", alias)]}
    database = fold(rows, {canonical: [alias]})
    assert list(names(database).values()) == [canonical]
    assert memories(database) == {"m": (canonical, "active")}


@pytest.mark.slow
def test_an_alias_that_is_the_name_of_another_row_of_its_own_project_folds_once(fold):
    database = fold({"projects": projects(s="p05", t=" p05", u="P05 ")})
    assert list(names(database).values()) == [CANONICAL]
    assert counts(database, "apply") == {"shadow_projects_deleted": 3, "canonical_rows_created": 1}


@pytest.mark.slow
def test_projects_of_several_canonicals_fold_apart(fold):
    rows = [state("r5", "s5", "1"), state("r6", "s6", "2")]
    database = fold({"projects": projects(s5="p05", s6="p06"), "project_state": rows})
    assert states(database) == {"r5": (CANONICAL, "1", "active"), "r6": ("p06-polisher", "2", "active")}


def test_the_row_of_a_shadow_is_journalled_as_it_was(fold):
    shadow = project("s", "p05", description="the first one", updated_at=LATER)
    database = fold({"projects": [project("c", CANONICAL), shadow]})
    (kept,) = (row for row in database.table("rekey_journal_projects") if row["id"] == "s")
    assert {**kept, "created_at": OLD, "updated_at": LATER} == {
        "rekey_run": 1,
        "rekey_action": "delete",
        "rekey_canonical": CANONICAL,
        "rekey_place": 2,
        "rekey_to_id": "c",
        **shadow,
    }


@pytest.mark.slow
def test_a_missing_registry_is_an_empty_plan_on_a_database_without_any_row(database, upgrade, tmp_path):
    legacy.create(database)
    upgrade(database, tmp_path / "nowhere.json")
    assert database.rows("SELECT outcome, registry_sha256 FROM rekey_run") == [("empty", None)]

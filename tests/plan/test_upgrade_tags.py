"""Claims about `memories` and `interactions`: rows keyed by a text column (section 3, Tagged rows)."""

import pytest

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
    prepared,
    projects,
)

pytestmark = [pytest.mark.sqlite_first, pytest.mark.drawn]

ACTIVE, SUPERSEDED = (CANONICAL, "active"), (CANONICAL, "superseded")


@pytest.fixture
def remember(database, upgrade, tmp_path):
    """Folds these memories; returns project and status of each by its id."""

    def fold(*rows):
        upgrade(database, prepared(database, tmp_path, {"memories": list(rows)}))
        return memories(database)

    return fold


def test_a_memory_under_an_alias_is_rekeyed(remember, database):
    assert remember(memory("m", "p05")) == {"m": ACTIVE}
    assert counts(database, "plan") == {"memory_rekey_rows": 1}
    assert counts(database, "apply") == {"memory_rows_rekeyed": 1}


@pytest.mark.slow
def test_memories_need_no_projects_row(remember, database):
    remember(memory("m", "p05"))
    assert database.rows("SELECT count(*) FROM projects") == [(0,)]


@pytest.mark.slow
def test_a_memory_under_a_misspelt_canonical_is_rekeyed(remember, database):
    assert remember(memory("m", "P05-Interferometer ")) == {"m": ACTIVE}
    assert actions(database, "memories") == {"m": "rekey"}


@pytest.mark.slow
def test_memories_of_no_registered_project_or_of_the_canonical_are_not_touched(remember, database):
    tags = {"1": "", "2": " ", "3": None, "4": "atlas", "5": CANONICAL}
    after = remember(*(memory(key, tag) for key, tag in tags.items()))
    assert after == {key: (tag, "active") for key, tag in tags.items()}
    assert actions(database, "memories") == {}


@pytest.mark.slow
def test_of_two_alias_rows_with_the_same_memory_the_newest_wins_and_the_other_is_superseded(remember, database):
    after = remember(memory("old", "p05"), memory("new", "interferometer", updated_at=LATER))
    assert after == {"old": SUPERSEDED, "new": ACTIVE}
    assert counts(database, "plan") == {"memory_rekey_rows": 1, "memory_supersede_rows": 1}
    assert counts(database, "apply") == {"memory_rows_rekeyed": 1, "memory_rows_superseded": 1}


def test_a_newer_alias_row_supersedes_the_canonical_one(remember, database):
    after = remember(memory("c", CANONICAL), memory("s", "p05", updated_at=LATER))
    assert after == {"c": SUPERSEDED, "s": ACTIVE}
    assert actions(database, "memories") == {"c": "supersede", "s": "rekey"}


def test_a_newer_canonical_row_supersedes_the_alias_row_which_reads_under_the_canonical_name_too(remember):
    assert remember(memory("c", CANONICAL, updated_at=LATER), memory("s", "p05")) == {"c": ACTIVE, "s": SUPERSEDED}


def test_at_a_tie_the_row_that_was_canonical_wins_even_with_the_greater_id(remember):
    assert remember(memory("z", CANONICAL), memory("a", "p05")) == {"z": ACTIVE, "a": SUPERSEDED}


@pytest.mark.slow
def test_at_a_tie_of_alias_rows_the_smallest_id_wins(remember):
    assert remember(memory("b", "p05"), memory("a", "p05"), memory("c", "P05")) == {
        "a": ACTIVE,
        "b": SUPERSEDED,
        "c": SUPERSEDED,
    }


@pytest.mark.every_case
@pytest.mark.slow
def test_ids_are_ordered_by_code_point_on_every_database(remember):
    assert remember(memory("a", "p05"), memory("B", "p05")) == {"B": ACTIVE, "a": SUPERSEDED}


def test_if_the_winner_was_canonical_already_only_rekeyed_rows_are_superseded(remember, database):
    after = remember(memory("c1", CANONICAL, updated_at=LATER), memory("c2", CANONICAL), memory("s", "p05"))
    assert after == {"c1": ACTIVE, "c2": ACTIVE, "s": SUPERSEDED}
    assert counts(database, "apply") == {"memory_rows_superseded": 1}


def test_if_the_winner_was_rekeyed_canonical_duplicates_are_all_superseded(remember):
    after = remember(memory("c1", CANONICAL), memory("c2", CANONICAL), memory("s", "p05", updated_at=LATER))
    assert after == {"c1": SUPERSEDED, "c2": SUPERSEDED, "s": ACTIVE}


@pytest.mark.slow
def test_duplicates_among_canonical_rows_alone_are_left(remember):
    assert remember(memory("c1", CANONICAL), memory("c2", CANONICAL)) == {"c1": ACTIVE, "c2": ACTIVE}


@pytest.mark.slow
def test_rows_that_differ_in_type_or_status_are_no_duplicates(remember):
    others = {"s1": {"memory_type": "habit"}, "s2": {"status": "superseded"}, "s3": {"status": None}}
    after = remember(memory("c", CANONICAL), *(memory(key, "p05", **other) for key, other in others.items()))
    assert after == {"c": ACTIVE, "s1": ACTIVE, "s2": SUPERSEDED, "s3": (CANONICAL, None)}


@pytest.mark.slow
def test_rows_that_differ_in_content_are_no_duplicates(remember):
    assert remember(memory("c", CANONICAL, "x"), memory("s", "p05", "X")) == {"c": ACTIVE, "s": ACTIVE}


@pytest.mark.slow
def test_superseded_rows_that_agree_are_duplicates_too(remember, database):
    rows = (memory("c", CANONICAL, status="superseded"), memory("s", "p05", status="superseded"))
    assert remember(*rows) == {"c": SUPERSEDED, "s": SUPERSEDED}
    assert counts(database, "apply") == {"memory_rows_superseded": 1}


@pytest.mark.slow
def test_rows_without_content_agree(remember):
    assert remember(memory("c", CANONICAL, None), memory("s", "p05", None)) == {"c": ACTIVE, "s": SUPERSEDED}


@pytest.mark.slow
def test_a_plan_that_only_supersedes_is_not_empty(remember, database):
    remember(memory("c", CANONICAL), memory("s", "p05"))
    of_memories = "SELECT phase, name, value FROM rekey_count WHERE name LIKE 'memory%' ORDER BY phase, name"
    assert database.rows(of_memories) == [
        ("apply", "memory_rows_rekeyed", 0),
        ("apply", "memory_rows_superseded", 1),
        ("plan", "memory_rekey_rows", 0),
        ("plan", "memory_supersede_rows", 1),
    ]
    assert database.rows("SELECT outcome FROM rekey_run") == [("applied",)]


@pytest.mark.slow
def test_a_plan_that_only_supersedes_passes_where_empty_plans_are_refused(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, {"memories": [memory("c", CANONICAL), memory("s", "p05")]})
    upgrade(database, registry, allow_empty="false")
    assert memories(database)["s"] == SUPERSEDED


@pytest.mark.every_case
@pytest.mark.slow
def test_no_time_is_older_than_any_time(remember):
    after = remember(memory("a", "p05", updated_at=None), memory("b", "p05", updated_at=OLD))
    assert after == {"a": SUPERSEDED, "b": ACTIVE}


OLDER_AND_NEWER = [
    ("2026-01-01T09:00:00+00:00", "2026-01-01 10:00:00"),
    ("2026-01-01 10:00:00", "2026-01-01T09:00:01-01:00"),
    ("2026-01-01T12:00:00+05:30", "2026-01-01T07:00:00Z"),
    ("2026-01-01 10:00:00", "2026-01-01 10:00:00.000001"),
    ("2026-01-01 10:00:00.9", "2026-01-01T10:00:01"),
    ("2026-01-01 10:00:00.12", "2026-01-01T11:00:00.120001+01:00"),
    ("", "2026-01-01 10:00:00"),
    ("  ", "2026-01-01 10:00:00"),
    ("2026-01-01", "2026-01-01 10:00"),
    ("2026-01-01 10:00", "2026-01-01t10:00:00.0000019z"),
    ("2026-01-01 10:00:00.123456+0200", "2026-01-01 10:00-02"),
    ("2026-01-01 10:00:00", f"2026-01-01 10:00:00.{'9' * 99}"),
    ("9999-12-31 23:59:59.999998", "9999-12-31 23:59:59.999999"),
]


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_times_compare_as_times_in_whatever_format_the_application_wrote_them(remember):
    rows = []
    for number, (older, newer) in enumerate(OLDER_AND_NEWER):
        # Ids such that insertion order and the tie-break would choose the older one.
        rows.append(memory(f"a{number}", "p05", str(number), updated_at=older))
        rows.append(memory(f"b{number}", "p05", str(number), updated_at=newer))
    after = remember(*rows)
    assert [key for key, found in after.items() if found != (SUPERSEDED if key[0] == "a" else ACTIVE)] == []


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_one_moment_in_two_formats_is_a_tie(remember):
    after = remember(
        memory("b", "p05", updated_at="2026-01-01 10:00:00"),
        memory("a", "p05", updated_at="2026-01-01T12:00:00.000+02:00"),
    )
    assert after == {"a": ACTIVE, "b": SUPERSEDED}


def test_interactions_are_rekeyed_and_nothing_else(database, upgrade, tmp_path):
    rows = [interaction("i1", "p05"), interaction("i2", "P05"), interaction("i3", "atlas"), interaction("i4", None)]
    upgrade(database, prepared(database, tmp_path, {"interactions": rows}))
    found = dict(database.rows("SELECT id, project FROM interactions"))
    assert found == {"i1": CANONICAL, "i2": CANONICAL, "i3": "atlas", "i4": None}
    assert counts(database, "plan") == {"interaction_rekey_rows": 2}
    assert counts(database, "apply") == {"interaction_rows_rekeyed": 2}


@pytest.mark.slow
def test_rows_under_a_shadow_project_and_under_its_tag_fold_in_one_run(database, upgrade, tmp_path):
    rows = {"projects": projects(s="p05"), "memories": [memory("m", "p05")], "interactions": [interaction("i", "p05")]}
    upgrade(database, prepared(database, tmp_path, rows, REGISTRY))
    assert database.rows("SELECT count(*) FROM rekey_run") == [(1,)]
    assert memories(database) == {"m": ACTIVE}

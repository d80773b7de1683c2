"""Claims about the plan as text: it shows what a person has to see, and no value can harm the reader."""

import re

import pytest

import legacy
from commands import rekey_here
from examples import CANONICAL, folded, memory, prepared, project, projects, state

pytestmark = pytest.mark.words


def text_of(database, tmp_path, rows, *arguments, **shape):
    said = rekey_here(database, prepared(database, tmp_path, rows, **shape), "plan", *arguments)
    assert (said.status, said.err) == (0, "")
    return said.out


def section(text, heading):
    """The lines below a heading, up to the next empty line."""
    blocks = [block.splitlines() for block in text.split("\n\n")]
    (found,) = [block[1:] for block in blocks if block[0].startswith(heading)]
    return [line.strip() for line in found]


@pytest.mark.slow
def test_the_head_says_what_was_planned_with_what(database, tmp_path):
    rows = folded()
    registry = prepared(database, tmp_path, rows)
    text = rekey_here(database, registry, "plan").out
    document = rekey_here(database, registry, "plan", "--json").document
    assert f"  database     {document['database']}\n" in text
    assert f"  registry     {registry} (SHA-256 {document['plan']['registry_sha256']})\n" in text
    assert f"  fingerprint  {document['plan']['fingerprint']}\n" in text
    assert "2 canonical names, 3 aliases\n" in text
    assert "state_rekey_rows 3 of these merged 1" in [" ".join(line.split()) for line in section(text, "Counts")]
    counted = dict(line.split()[:2] for line in section(text, "Counts"))
    assert counted == {name: str(value) for name, value in document["plan"]["counts"].items()}


@pytest.mark.slow
def test_identities_are_listed_by_what_becomes_of_them(database, tmp_path):
    text = text_of(database, tmp_path, {"projects": projects(m=CANONICAL.upper(), s="p05", new="p06")})
    assert section(text, "projects: shadows") == [
        "'p06' -> 'p06-polisher': row 'new'",
        f"'p05' -> '{CANONICAL}': row 's'",
    ]
    assert section(text, "projects: misspelt canonicals") == [f"'{CANONICAL.upper()}' -> '{CANONICAL}': row 'm'"]
    assert section(text, "projects: canonical rows to be created (1)") == ["'p06-polisher'"]


def test_historical_drops_show_both_values_and_statuses_and_what_to_do(database, tmp_path):
    lines = section(text_of(database, tmp_path, folded()), "project_state: historical drops (1)")
    assert lines[0] == (
        f"'{CANONICAL}' at category='decision', key='historical': row 'dropped' (invalid) says '2'; "
        "row 'living' (active) stays and says '1'"
    )
    assert lines[1].startswith("what to do: ")


@pytest.mark.slow
def test_merged_replaced_and_revived_rows_are_shown_with_what_stays(database, tmp_path):
    rows = folded()
    rows["project_state"] += [state("back", "c", "9", "superseded", key="live"), state("live", "s", "9", key="live")]
    text = text_of(database, tmp_path, rows)
    (replaced,) = section(text, "project_state: inactive canonical rows, replaced")
    assert replaced.endswith("row 'replaced' (superseded) says '1'; row 'displacing' (active) stays and says '2'")
    (revived,) = section(text, "project_state: inactive canonical rows that say")
    assert revived.endswith("row 'back' (superseded) says '9'")
    merged = section(text, "project_state: merged")
    assert [line.split(": row ")[1].split(";")[0] for line in merged] == [
        "'live' (active) says '9'",
        "'merged' (active) says '1'",
    ]


@pytest.mark.slow
def test_rekeyed_rows_are_counted_per_table_and_name(database, tmp_path):
    rows = folded()
    rows["memories"] += [memory("m5", " P05", "another"), memory("m6", " P05", "a third")]
    text = text_of(database, tmp_path, rows)
    assert section(text, "memories: rekeyed (3)") == [
        f"' P05' -> '{CANONICAL}': 2 rows",
        "'p06' -> 'p06-polisher': 1 row",
    ]
    assert section(text, "project_state: rekeyed (2)") == [f"'p05' -> '{CANONICAL}': 2 rows"]
    assert section(text, "interactions: rekeyed (1)") == [f"'interferometer' -> '{CANONICAL}': 1 row"]
    (superseded,) = section(text, "memories: duplicates")
    assert superseded.startswith(f"'p05' -> '{CANONICAL}': row 'm1', memory_type='fact', content='a fact'")


@pytest.mark.slow
def test_a_collision_shows_every_live_value_and_whose_it_is(database, tmp_path):
    rows = {
        "projects": projects(m=CANONICAL.upper(), s="p05", t="interferometer"),
        "project_state": [state("a", "m", "1"), state("b", "s", "2"), state("c", "t", "old", "superseded")],
    }
    text = text_of(database, tmp_path, rows)
    lines = section(text, "Collisions (1): the upgrade refuses until a person decides")
    assert lines[:3] == [
        f"project_state: '{CANONICAL}' at category=decision, key=vendor",
        f"row 'a', under '{CANONICAL.upper()}', says '1'",
        "row 'b', under 'p05', says '2'",
    ]
    assert lines[3].startswith("what to do: decide which value is right")
    assert text.endswith("\nThe upgrade would refuse this plan.\n")


@pytest.mark.slow
def test_integrity_errors_are_shown_with_their_remedies(database, tmp_path):
    text = text_of(database, tmp_path, {"projects": projects(c=CANONICAL, d=CANONICAL.upper())})
    lines = section(text, "Integrity errors (2): the upgrade refuses")
    assert len(lines) == 3
    assert lines[2].startswith("what to do: move what hangs on the wrong row")


def test_lists_are_cut_at_the_limit_and_an_option_lifts_it(database, tmp_path):
    rows = {"memories": [memory(f"{n:02}{k}", tag) for n in range(25) for k, tag in (("a", "p05"),)]}
    registry = prepared(database, tmp_path, rows)

    def listed(*arguments):
        return section(rekey_here(database, registry, "plan", *arguments).out, "memories: duplicates")

    assert (len(listed()), listed()[-1]) == (21, "… and 4 more (--all shows them)")
    assert (len(listed("--limit", "3")), listed("--limit", "3")[-1]) == (4, "… and 21 more (--all shows them)")
    assert len(listed("--all")) == len(listed("--limit", "24")) == 24
    assert listed("--limit", "3")[:3] == listed("--all")[:3]


@pytest.mark.slow
def test_collisions_and_integrity_errors_are_cut_at_the_limit_too(database, tmp_path):
    rows = {"projects": projects(c=CANONICAL, s="p05")}
    rows["project_state"] = [state(f"{k}{o}", o, o, key=str(k)) for k in range(4) for o in "cs"]
    rows["project_state"] += [state(f"x{n}", "s", "1", key="crowd") for n in range(2)]
    rows["project_state"] += [state(f"y{n}", "c", "1", key="crowd") for n in range(2)]
    text = text_of(database, tmp_path, rows, "--limit", "1", unique_slots=False)
    assert section(text, "Collisions (4)")[3] == "… and 3 more (--all shows them)"
    assert section(text, "Integrity errors (2)")[1] == "… and 1 more (--all shows them)"


@pytest.mark.slow
def test_long_values_are_cut_with_a_note(database, tmp_path):
    rows = folded()
    rows["project_state"] += [state("a", "c", "x" * 9_936, key="long"), state("b", "s", "1", "superseded", key="long")]
    text = text_of(database, tmp_path, rows)
    assert f"says '{'x' * 60}'… 9,876 more characters\n" in text
    assert max(map(len, text.splitlines())) < 600


HOSTILE = "\x1b[2J\x1b[1A\r\nFAILED: not so\x00"[:-1] + "\u202e\u2028\x85\x07"


@pytest.mark.parametrize("command", [("plan",), ("plan", "--all")])
def test_no_value_can_move_the_cursor_or_fake_a_line(database, tmp_path, command):
    rows = {
        "projects": [project("c", CANONICAL), project("s" + HOSTILE, "p05")],
        "project_state": [
            state("a" + HOSTILE, "c", HOSTILE, key=HOSTILE),
            state("b", "s" + HOSTILE, "2", "old" + HOSTILE, key=HOSTILE),
            state("d", "c", HOSTILE, key="k" + HOSTILE),
            state("e", "s" + HOSTILE, "2" + HOSTILE, key="k" + HOSTILE),
        ],
        "memories": [memory("m" + HOSTILE, "p05", HOSTILE), memory("n", CANONICAL, HOSTILE)],
    }
    text = rekey_here(database, prepared(database, tmp_path, rows), *command).out
    assert "FAILED" in text  # the values are there
    assert all(line.isprintable() for line in text.split("\n"))
    assert not re.search("^FAILED", text, re.MULTILINE)


@pytest.mark.slow
def test_a_refusal_of_the_upgrade_cannot_be_faked_by_a_slot_either(database, tmp_path, alembic):
    rows = {
        "projects": projects(c=CANONICAL, s="p05"),
        "project_state": [state("a", "c", "1", key=HOSTILE), state("b", "s", "2", key=HOSTILE)],
    }
    done = alembic(database, "upgrade", "head", registry=prepared(database, tmp_path, rows))
    assert done.returncode == 2
    assert done.stderr.count("\nFAILED") + done.stderr.startswith("FAILED") == 1
    assert all(line.isprintable() for line in done.stderr.split("\n"))


@pytest.mark.slow
def test_a_terminal_of_another_encoding_gets_the_text_all_the_same(database, rekey, tmp_path):
    rows = {"projects": [*projects(c="é", s="ü")], "project_state": [state("a", "s", "ж" * 99)]}
    registry = prepared(database, tmp_path, rows, {"é": ["ü"]})
    done = rekey(database, "plan", registry=registry, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (done.returncode, done.stderr) == (0, "")
    assert r"'\xfc' -> '\xe9'" in done.stdout


@pytest.mark.slow
def test_the_plan_of_a_database_without_rows_reads_as_such(database, tmp_path):
    legacy.create(database)
    text = text_of_empty = rekey_here(database, legacy.write_registry(tmp_path / "r.json", {"a": []}), "plan").out
    assert text_of_empty.endswith("\nThe plan is empty: the upgrade would touch no row.\n")
    assert text.count("\n\n") == 3

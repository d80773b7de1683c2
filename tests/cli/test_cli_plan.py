"""Claims about what `alembic-rekey plan` decides, writes and returns."""

import json
import stat
import subprocess
import sys

import pytest

import legacy
from commands import ROOT, rekey_here
from examples import CANONICAL, REGISTRY, folded, memory, prepared, projects, state

COLLIDING = {
    "projects": projects(c=CANONICAL, s="p05"),
    "project_state": [state("a", "c", "1"), state("b", "s", "2")],
}


def test_the_document_has_the_keys_of_the_design(database, tmp_path):
    document = rekey_here(database, prepared(database, tmp_path, folded()), "plan", "--json").document
    assert [*document][:7] == ["format", "created_at", "mode", "database", "registry_path", "run", "plan"]
    assert (document["mode"], document["run"], document["apply_summary"]) == ("dry-run", None, None)
    plan = {"fingerprint", "alias_map", "integrity_errors", "counts", "is_empty", "has_collisions"}
    rows = {"shadow_projects", "state_plans", "memory_plans", "interaction_plans"}
    assert {*document["plan"]} >= plan | rows
    assert document["plan"]["alias_map"] == {"p05": CANONICAL, "interferometer": CANONICAL, "p06": "p06-polisher"}


@pytest.mark.slow
def test_every_row_stands_with_its_action_and_its_whole_before_image(database, tmp_path):
    registry = prepared(database, tmp_path, folded(), extra_columns=True)
    plan = rekey_here(database, registry, "plan", "--json").document["plan"]
    actions = {row["before"]["id"]: row["action"] for row in plan["state_plans"]}
    assert actions == {
        "rekeyed": "rekey",
        "kept": "keep",
        "merged": "merge",
        "replaced": "replace",
        "displacing": "rekey",
        "living": "keep",
        "dropped": "drop",
    }
    assert {*plan["shadow_projects"][0]["before"]} == {
        *("id", "name", "description", "created_at", "updated_at"),
        *legacy.EXTRA_COLUMNS["projects"],
    }


@pytest.mark.words
@pytest.mark.slow
def test_json_prints_the_file_that_it_writes_and_nothing_else(database, rekey, tmp_path, report_dir):
    registry = prepared(database, tmp_path, folded())
    done = rekey(database, "plan", "--json", registry=registry)
    (written,) = report_dir.iterdir()
    assert (done.returncode, done.stdout) == (0, written.read_text("ascii"))
    assert done.stderr == f"report: {written}\n"
    assert written.name.startswith("legacy-aliases-20")
    assert written.name.endswith("Z-dry-run.json")
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


@pytest.mark.words
@pytest.mark.slow
def test_no_report_replaces_another(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    for _ in range(3):
        assert rekey_here(database, registry, "plan").status == 0
    assert len(list((tmp_path / "reports").glob("*.json"))) == 3
    assert list((tmp_path / "reports").glob("*.pending")) == []


@pytest.mark.slow
def test_the_database_stands_in_the_report_without_its_password(server, tmp_path):
    from databases import PostgreSQLDatabase

    database = PostgreSQLDatabase(server, "with_password")
    try:
        registry = prepared(database, tmp_path, folded())
        database.url = database.url.replace("@", ":secret@", 1)
        said = rekey_here(database, registry, "plan", "--json")
        assert "secret" not in said.out + said.err
        assert "***" in said.document["database"]
        database.url = database.url.replace("with_password", "nowhere")
        said = rekey_here(database, registry, "plan")
        assert (said.status, "secret" in said.err) == (1, False)
        assert said.err.startswith("FAILED: database postgresql+psycopg://")
    finally:
        database.url = database.url.replace(":secret", "").replace("nowhere", "with_password")
        database.close()


@pytest.mark.slow
@pytest.mark.parametrize("extra", [False, True])
def test_the_fingerprint_is_the_one_that_the_upgrade_records(database, tmp_path, upgrade, extra):
    registry = prepared(database, tmp_path, folded(), extra_columns=extra)
    plan = rekey_here(database, registry, "plan", "--json").document["plan"]
    upgrade(database, registry)
    assert database.rows("SELECT plan_sha256 FROM rekey_run") == [(plan["fingerprint"],)]
    report = rekey_here(database, registry, "report").document["plan"]
    for title in ("shadow_projects", "state_plans", "memory_plans", "interaction_plans"):
        # Where a row leads that has still to be created only the upgrade can tell, and no fingerprint takes it in.
        made, planned = ([{**entry, "lead": None} for entry in told[title]] for told in (report, plan))
        assert planned == made != []


@pytest.mark.slow
def test_the_plan_after_some_of_the_revisions_is_still_that_of_the_fold(database, tmp_path, upgrade):
    registry = prepared(database, tmp_path, folded())
    first = rekey_here(database, registry, "plan", "--json").document["plan"]
    upgrade(database, registry, "0002")
    assert rekey_here(database, registry, "plan", "--json").document["plan"] == first


@pytest.mark.slow
def test_after_the_fold_the_plan_is_what_another_one_would_find(database, tmp_path, upgrade):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry)
    said = rekey_here(database, registry, "plan", "--check")
    assert (said.status, "every fold is applied already" in said.out) == (3, True)
    database.insert("memories", [memory("late", "p05", "written after the fold")])
    said = rekey_here(database, registry, "plan", "--json", "--check")
    assert (said.status, said.document["plan"]["counts"]["memory_rekey_rows"]) == (0, 1)


@pytest.mark.words
@pytest.mark.slow
def test_a_revision_that_the_scripts_do_not_know_is_told(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
    database.execute("INSERT INTO alembic_version VALUES ('beef')")
    said = rekey_here(database, registry, "plan")
    assert (said.status, said.out) == (1, "")
    assert "FAILED: the database is at revision beef, which" in said.err


@pytest.mark.words
@pytest.mark.parametrize(("check", "status"), [((), 0), (("--check",), 2)])
def test_a_collision_is_shown_and_refused_only_where_that_is_asked(database, tmp_path, check, status):
    said = rekey_here(database, prepared(database, tmp_path, COLLIDING), "plan", "--json", *check)
    plan = said.document["plan"]
    assert said.status == status
    assert (plan["has_collisions"], plan["counts"]["state_collisions"], plan["integrity_errors"]) == (True, 1, [])


@pytest.mark.words
@pytest.mark.slow
@pytest.mark.parametrize(("check", "status"), [((), 0), (("--check",), 3)])
def test_an_empty_plan_is_told_apart_only_where_that_is_asked(database, tmp_path, check, status):
    registry = prepared(database, tmp_path, {"projects": projects(c=CANONICAL)})
    said = rekey_here(database, registry, "plan", *check)
    assert (said.status, "The plan is empty" in said.out) == (status, True)


@pytest.mark.words
@pytest.mark.slow
def test_an_empty_plan_that_is_not_allowed_would_refuse(database, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(c=CANONICAL)})
    said = rekey_here(database, registry, "plan", "--check", x=["allow_empty=false"])
    assert (said.status, "- the plan touches no row" in said.out) == (2, True)


@pytest.mark.slow
def test_a_plan_that_only_supersedes_is_not_empty(database, tmp_path):
    rows = {"memories": [memory("m1", CANONICAL), memory("m2", "p05")]}
    said = rekey_here(database, prepared(database, tmp_path, rows), "plan", "--json", "--check")
    counts = said.document["plan"]["counts"]
    assert (said.status, counts["memory_supersede_rows"], counts["memory_rekey_rows"]) == (0, 1, 0)


def integrity(database, registry):
    said = rekey_here(database, registry, "plan", "--json", "--check")
    assert said.status == 2, said
    return said.document["plan"]["integrity_errors"]


@pytest.mark.slow
def test_two_canonical_rows_are_an_integrity_error(database, tmp_path):
    errors = integrity(database, prepared(database, tmp_path, {"projects": projects(c=CANONICAL, d=CANONICAL.upper())}))
    assert [error.split(",")[0] for error in errors] == ["projects: row 'd'", "projects: row 'c'"]


@pytest.mark.slow
def test_a_crowded_slot_is_an_integrity_error(database, tmp_path):
    rows = {"projects": projects(s="p05"), "project_state": [state("a", "s", "1"), state("b", "s", "1")]}
    (error,) = integrity(database, prepared(database, tmp_path, rows, unique_slots=False))
    assert "identity 's', of 'p05-interferometer', has 2 rows at" in error


@pytest.mark.slow
def test_rows_that_hang_on_a_shadow_from_outside_the_plan_are_an_integrity_error(database, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(c=CANONICAL, s="p05")})
    database.execute("CREATE TABLE notes (id TEXT, project_id TEXT REFERENCES projects (id))")
    database.execute("INSERT INTO notes VALUES ('n', 's')")
    (error,) = integrity(database, registry)
    assert error.startswith("notes: 1 rows hang on projects row 's'")


@pytest.mark.slow
def test_a_generated_column_is_no_error(database, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(s="p05")})
    kind = "STORED" if database.dialect == "postgresql" else "VIRTUAL"
    database.execute(f"ALTER TABLE projects ADD COLUMN short TEXT GENERATED ALWAYS AS (name) {kind}")
    said = rekey_here(database, registry, "plan", "--check")
    assert 0 == said.status, said


@pytest.mark.slow
def test_a_journal_of_another_shape_is_an_integrity_error(database, tmp_path, upgrade):
    registry = prepared(database, tmp_path, {"projects": projects(s="p05")})
    upgrade(database, registry, "0002")
    database.execute("ALTER TABLE memories ADD COLUMN later TEXT")
    (error,) = integrity(database, registry)
    assert error.startswith("memories: column 'later' differs in rekey_journal_memories")


@pytest.mark.slow
@pytest.mark.parametrize(("check", "status"), [((), 1), (("--check",), 2)])
def test_a_missing_column_leaves_nothing_to_plan(database, tmp_path, check, status):
    registry = prepared(database, tmp_path, folded())
    database.execute("ALTER TABLE memories DROP COLUMN content")
    database.execute("ALTER TABLE project_state DROP COLUMN value")
    said = rekey_here(database, registry, "plan", *check)
    assert (said.status, said.out) == (status, "")
    assert "FAILED: revision 0003 cannot be planned" in said.err
    assert "column 'content'" in said.err
    assert "column 'value'" in said.err


@pytest.mark.words
@pytest.mark.slow
@pytest.mark.parametrize(("check", "status"), [((), 1), (("--check",), 2)])
def test_every_fault_of_the_registry_is_told(database, tmp_path, check, status):
    legacy.create(database)
    registry = tmp_path / "registry.json"
    entries = [{"id": "a", "aliases": ["x", "b\x07"]}, {"id": "b", "aliases": ["X"]}]
    registry.write_text(json.dumps({"projects": entries}), "utf-8")
    said = rekey_here(database, registry, "plan", "--json", *check)
    assert (said.status, said.out) == (status, "")
    assert said.err.startswith(f"FAILED: the registry {registry} cannot be used")
    assert "'x' is registered by several entries" in said.err
    assert "U+0007" in said.err


@pytest.mark.words
@pytest.mark.slow
def test_the_command_stands_on_its_own_in_any_folder(database, rekey, tmp_path):
    done = rekey(database, "plan", "--check", registry=prepared(database, tmp_path, COLLIDING))
    assert (done.returncode, done.stderr) == (2, "")
    assert "Collisions (1): the upgrade refuses until a person decides" in done.stdout


@pytest.mark.words
@pytest.mark.slow
def test_settings_stand_before_and_after_the_command_and_the_last_of_two_wins(database, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(c=CANONICAL)})
    said = rekey_here(database, registry, "plan", "--check", "-x", "allow_empty=false", x=["allow_empty=true"])
    assert said.status == 2
    assert rekey_here(database, registry, "plan", "-c", str(ROOT / "alembic.ini")).status == 0


@pytest.mark.words
@pytest.mark.slow
def test_the_configuration_is_found_where_alembic_finds_it(database, tmp_path, monkeypatch):
    from alembic_rekey.cli import main

    registry = prepared(database, tmp_path, {"projects": projects(c=CANONICAL)})
    given = [
        "-x",
        f"url={database.url}",
        "-x",
        f"registry={registry}",
        "-x",
        f"report_dir={tmp_path}",
        "plan",
        "--check",
    ]
    monkeypatch.chdir(tmp_path)
    assert main(given) == 1
    monkeypatch.setenv("ALEMBIC_CONFIG", str(ROOT / "alembic.ini"))
    assert main(given) == 3
    monkeypatch.setenv("ALEMBIC_CONFIG", "elsewhere.ini")
    assert main(given) == 1
    monkeypatch.delenv("ALEMBIC_CONFIG")
    monkeypatch.chdir(ROOT)
    assert main(given) == 3


@pytest.mark.words
@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["plan", "-x", "registery=x"], "FAILED: setting -x registery: there is no such setting."),
        (["plan", "-x", "url=mysql://host/x"], "FAILED: setting url: mysql is not supported."),
        (
            ["plan", "-x", "url=mysql+pymysql://host/x"],
            "mysql+pymysql is not supported.\n  what to do: name one of these: sqlite+pysqlite://…",
        ),
        (["plan", "-c", "none.ini"], "FAILED: there is no configuration none.ini."),
        (["plan", "-x", "url=sqlite:////"], "FAILED: database sqlite:////: unable to open database file"),
    ],
)
def test_what_cannot_work_is_told_with_a_remedy_and_without_a_traceback(database, tmp_path, arguments, words):
    legacy.create(database)
    said = rekey_here(database, legacy.write_registry(tmp_path / "registry.json", REGISTRY), *arguments)
    assert (said.status, said.out) == (1, "")
    assert words in said.err
    assert "what to do: " in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "arguments", [["plan", "--chekc"], [], ["plan", "--limit", "0"], ["plan", "--all", "--limit", "3"]]
)
def test_a_wrong_command_line_is_not_mistaken_for_a_refused_plan(capsys, arguments):
    from alembic_rekey.cli import main

    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "FAILED: " in said
    # Nothing of ours stands in it by the name that it has in the source.
    assert " _" not in said


@pytest.mark.words
@pytest.mark.slow
def test_a_configuration_that_is_no_ini_file_is_told(database, tmp_path):
    broken = tmp_path / "broken.ini"
    broken.write_text("sqlalchemy.url = x\n")
    said = rekey_here(database, tmp_path / "r.json", "plan", "-c", str(broken))
    assert (said.status, "FAILED: " in said.err, "Traceback" in said.err) == (1, True, False)


def started(database, registry, folder, *, stdout):
    options = [f"url={database.url}", f"registry={registry}", f"report_dir={folder}"]
    words = [word for setting in options for word in ("-x", setting)]
    line = [sys.executable, "-m", "alembic_rekey.cli", "-c", ROOT / "alembic.ini", *words, "plan"]
    return subprocess.Popen(line, stdout=stdout, stderr=subprocess.PIPE, encoding="utf-8")


@pytest.mark.words
@pytest.mark.slow
def test_output_that_cannot_be_written_is_told(database, tmp_path):
    registry = prepared(database, tmp_path, COLLIDING)
    with open("/dev/full", "w") as full, started(database, registry, tmp_path, stdout=full) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.startswith("FAILED: standard output: No space left on device.\n  what to do: ")


@pytest.mark.words
@pytest.mark.slow
def test_a_reader_that_goes_away_ends_the_command_quietly(database, tmp_path):
    registry = prepared(database, tmp_path, COLLIDING)
    with started(database, registry, tmp_path, stdout=subprocess.PIPE) as process:
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (141, "")


@pytest.mark.words
@pytest.mark.slow
def test_an_interrupted_command_ends_quietly_and_leaves_no_report(database, tmp_path, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    registry = prepared(database, tmp_path, COLLIDING)
    monkeypatch.setattr("alembic_rekey.report.rows.json_values", interrupted)
    said = rekey_here(database, registry, "plan")
    assert (said.status, said.out, said.err) == (130, "", "")
    assert list((tmp_path / "reports").glob("*")) == []

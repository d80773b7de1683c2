"""Claims about what commands say of a folded database: status, runs, reports side by side, the way back."""

import stat
import subprocess
import sys
from pathlib import Path

import alembic
import pytest

import legacy
import small
from alembic_rekey.cli import main
from commands import rekey_here, rekey_with
from databases import SQLiteDatabase
from examples import CANONICAL, folded, prepared
from pages import Read
from server import clean_environment

pytestmark = pytest.mark.sqlite_first


@pytest.fixture
def done(database, tmp_path, upgrade):
    """A folded database, and how to run a command on it."""
    registry = prepared(database, tmp_path, folded())
    plan = rekey_here(database, registry, "plan", "--json")
    (tmp_path / "plan.json").write_text(plan.out)
    upgrade(database, registry)

    def run(*arguments, x=()):
        return rekey_here(database, registry, *arguments, x=x)

    return run


@pytest.fixture
def page(done, tmp_path):
    """Runs a command that writes a page; returns what stands on it."""

    def made(*arguments):
        file = tmp_path / "made.html"
        said = done(*arguments, "--html", str(file), "--force")
        assert 0 == said.status, said.err
        return Read(file.read_text("ascii"))

    return made


# --- status


def test_a_folded_database_is_clean(done):
    said = done("status")
    assert 0 == said.status, said.err
    for line in ("pending    none: every fold is applied", "1 of 1 recorded runs stand", "leftovers  none"):
        assert line in said.out
    assert "what to do" not in said.out


def test_what_a_stale_worker_wrote_is_left_over(done, database):
    database.execute("INSERT INTO interactions (id, prompt, project) VALUES ('new', 'p', 'p05')")
    said = done("status")
    assert 4 == said.status, said.err
    assert "leftovers  1 rows were written under an alias since" in said.out
    assert f"interactions.project: 'p05' -> '{CANONICAL}', 1 rows" in said.out
    assert "alembic-rekey revision -m" in said.out
    document = done("status", "--json").document
    assert [("interactions", "p05", 1)] == [(one["table"], one["alias"], one["rows"]) for one in document["leftovers"]]
    assert [1] == [run["run"] for run in document["applied"]]


@pytest.fixture
def stamped(database, tmp_path):
    """A project whose database counts as folded, and was not."""
    project = small.make(database, tmp_path)
    project.does("stamp", "head")
    return project


def test_a_database_that_was_stamped_and_never_folded_is_not_clean(stamped):
    said = rekey_with("-c", str(stamped.config), "status")
    assert 4 == said.status, said.err
    assert "leftovers  2 rows stand under an alias" in said.out
    assert "no run     revision 0001, of each project, counts as applied, and no run is recorded" in said.out
    assert "what to do: was the database stamped?" in said.out
    document = rekey_with("-c", str(stamped.config), "status", "--json").document
    assert [{"revision": "0001", "noun": "project"}] == document["unrecorded"]
    scan = rekey_with("-c", str(stamped.config), "scan", "--check")
    assert (4, True) == (scan.status, "Rows under an alias (2)" in scan.out)
    assert "no run       revision 0001, of each project, counts as applied, and no run is recorded" in scan.out
    assert "was the database stamped?" in scan.out


@pytest.mark.parametrize("command", [("status",), ("scan", "--check")])
def test_a_database_that_was_made_as_it_is_now_and_stamped_is_clean(stamped, database, command):
    database.execute("DELETE FROM notes WHERE project = 'pol'; DELETE FROM projects WHERE name = 'pol'")
    said = rekey_with("-c", str(stamped.config), *command)
    assert (0, False) == (said.status, "no run " in said.out), said


@pytest.mark.parametrize("command", [("status",), ("scan", "--check")])
def test_a_fold_that_is_to_come_leaves_nothing_over(database, tmp_path, command):
    project = small.make(database, tmp_path)
    said = rekey_with("-c", str(project.config), *command)
    assert (0, False) == (said.status, "no run " in said.out), said


def test_what_is_said_of_a_stamped_database_folds_it(stamped):
    stamped.does("stamp", "base")
    stamped.does("upgrade", "head")
    assert {1: "polisher", 2: "polisher"} == stamped.notes()
    assert 0 == rekey_with("-c", str(stamped.config), "status").status


def test_so_does_a_fold_of_its_own_where_others_ran_behind_it(stamped):
    template = stamped.folder / "migrations" / "script.py.mako"
    template.write_bytes((Path(alembic.__file__).parent / "templates" / "generic" / template.name).read_bytes())
    made = rekey_with("-c", str(stamped.config), "revision", "--fold", "projects.name", "-m", "fold what never was")
    assert 0 == made.status, made.err
    stamped.does("upgrade", "head")
    assert {1: "polisher", 2: "polisher"} == stamped.notes()
    assert 0 == rekey_with("-c", str(stamped.config), "status").status


def test_a_database_that_lacks_the_fold_says_so(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    said = rekey_here(database, registry, "status")
    assert 0 == said.status, said.err
    assert "pending    0003" in said.out
    assert "0 of 0 recorded runs stand" in said.out


@pytest.mark.slow
def test_names_that_came_later_are_told(done, tmp_path):
    legacy.write_registry(tmp_path / "project-registry.json", {CANONICAL: ["p05", "interferometer", "ifm"]})
    said = done("status")
    assert 0 == said.status, said.err
    assert "new names  1 in the registry that no run knew: 'ifm'" in said.out
    assert "alembic-rekey revision -m" in said.out


@pytest.mark.words
@pytest.mark.slow
def test_after_all_folds_the_last_line_of_a_plan_with_rows_names_the_command_that_folds_once_more(done, database):
    assert "The plan is empty" in done("plan").out.splitlines()[-1]
    database.execute("INSERT INTO interactions (id, prompt, project) VALUES ('new', 'p', 'p05')")
    assert 'alembic-rekey revision -m "fold later names"' in done("plan").out.splitlines()[-1]


def test_a_shell_is_told_what_may_follow(tmp_path):
    """As argcomplete asks: its own descriptor 8 gets the answer, and nothing is carried out."""
    line = "alembic-rekey restore-plan --ch"
    code = "import os, sys; os.dup2(1, 8); from alembic_rekey.cli import main; main()"
    asked = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_IFS": " "}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env=clean_environment({**asked, "_ARGCOMPLETE_COMP_WORDBREAKS": " ", "_ARGCOMPLETE_SHELL": "bash"}),
        cwd=tmp_path,
        check=False,
    )
    assert "--check" == ended.stdout.decode().strip(), ended.stderr


# --- runs, and what is kept


@pytest.mark.words
@pytest.mark.slow
def test_runs_come_as_one_document(done):
    (run,) = done("runs", "--json").document
    assert (1, "0003", "applied") == (run["run"], run["revision"], run["outcome"])
    assert done("report").document["apply_summary"] == run["apply"]


@pytest.mark.words
@pytest.mark.slow
def test_without_a_report_nothing_is_kept_and_the_same_is_said(done, tmp_path):
    before = {*tmp_path.rglob("*")}
    said = done("plan", "--no-report")
    assert 0 == said.status, said.err
    assert "report       not kept" in said.out
    assert "0003" in done("plan", "--no-report", "--json").out
    assert before == {*tmp_path.rglob("*")}


@pytest.mark.words
@pytest.mark.slow
def test_a_page_takes_the_place_of_a_file_only_when_told_and_of_nothing_else(done, tmp_path):
    file = tmp_path / "page.html"
    file.write_text("mine")
    said = done("plan", "--html", str(file))
    assert (1, "mine") == (said.status, file.read_text())
    assert "--force" in said.err
    assert 0 == done("plan", "--html", str(file), "--force").status
    assert file.read_text().startswith("<!DOCTYPE html>")
    assert stat.S_IRUSR | stat.S_IWUSR == stat.S_IMODE(file.stat().st_mode)
    (tmp_path / "link.html").symlink_to(file)
    said = done("plan", "--html", str(tmp_path / "link.html"), "--force")
    assert 1 == said.status
    assert "something else than a file is there" in said.err
    assert (tmp_path / "link.html").is_symlink()


WRITING = ("--html", "--markdown", "--write-resolutions")


@pytest.mark.parametrize("option", WRITING)
def test_what_a_plan_writes_takes_the_place_of_a_file_only_when_told_and_of_none_that_is_read(option, tmp_path):
    database = SQLiteDatabase(tmp_path / "x.db")
    registry = prepared(database, tmp_path, folded())
    file = tmp_path / "made"
    file.write_text("before")
    said = rekey_here(database, registry, "plan", "--no-report", option, str(file))
    assert (1, "before") == (said.status, file.read_text())
    assert "File exists" in said.err
    assert "--force lets it take the place of that one." in said.err
    assert 0 == rekey_here(database, registry, "plan", "--no-report", option, str(file), "--force").status
    assert "before" != file.read_text()
    for read in (database.path, registry):
        before = read.read_bytes()
        said = rekey_here(database, registry, "plan", "--no-report", option, str(read), "--force")
        assert (1, before) == (said.status, read.read_bytes())
        assert f"FAILED: {read} is a file that the command reads, and was not replaced." in said.err


def test_a_failure_takes_the_place_of_an_older_comment_only_when_told_and_of_nothing_else(tmp_path):
    database = SQLiteDatabase(tmp_path / "x.db")
    registry = prepared(database, tmp_path, folded())
    file, other = tmp_path / "plan.md", tmp_path / "other.md"
    other.write_text("# a text")
    assert 0 == rekey_here(database, registry, "plan", "--no-report", "--markdown", str(file)).status
    before = file.read_text()
    registry.write_text("{", "utf-8")
    for there, force in ((file, []), (other, ["--force"]), (registry, ["--force"])):
        text = there.read_text()
        said = rekey_here(database, registry, "plan", "--no-report", "--markdown", str(there), *force)
        assert (1, text) == (said.status, there.read_text()), there
    said = rekey_with("-c", str(tmp_path / "none.ini"), "plan", "--markdown", str(file), "--force")
    assert 1 == said.status
    assert before != file.read_text()
    assert file.read_text().startswith("### No plan could be made")


def test_one_file_for_two_of_what_a_plan_writes_is_refused(tmp_path):
    database = SQLiteDatabase(tmp_path / "x.db")
    registry = prepared(database, tmp_path, folded())
    file = tmp_path / "made"
    said = rekey_here(database, registry, "plan", "--html", str(file), "--write-resolutions", str(file), "--force")
    assert (1, False) == (said.status, file.exists())
    assert f"FAILED: --html and --write-resolutions name one file, {file}." in said.err


def test_a_page_takes_the_place_of_nothing_that_alembic_runs(tmp_path):
    made = small.make(SQLiteDatabase(tmp_path / "x.db"), tmp_path)
    files = sorted(tmp_path.rglob("migrations/**/*.py"))
    assert {"env.py"} < {file.name for file in files}
    for file in files:
        before = file.read_bytes()
        said = rekey_with("-c", str(made.config), "plan", "--html", str(file), "--force")
        assert (1, before) == (said.status, file.read_bytes()), file


def test_a_page_takes_the_place_of_no_file_that_the_command_reads(tmp_path):
    database = SQLiteDatabase(tmp_path / "x.db")
    registry = prepared(database, tmp_path, folded())
    (tmp_path / "hard.db").hardlink_to(database.path)
    for file in (database.path, registry, tmp_path / "hard.db"):
        before = file.read_bytes()
        said = rekey_here(database, registry, "plan", "--html", str(file), "--force")
        assert (1, before) == (said.status, file.read_bytes())
        assert f"FAILED: {file} is a file that the command reads, and was not replaced." in said.err


# --- what no command can do


@pytest.mark.words
@pytest.mark.parametrize("number", [str(sys.maxsize + 1), "9" * 5000], ids=["one more", "long"])
def test_a_number_that_nothing_can_be_counted_to_is_refused(capsys, number):
    for command in ("plan", "status", "scan", "restore-plan"):
        with pytest.raises(SystemExit) as ended:
            main([command, "--limit", number])
        assert 1 == ended.value.code
        assert f"is too large; write a number up to {sys.maxsize}" in capsys.readouterr().err


# --- side by side


@pytest.mark.words
@pytest.mark.slow
def test_a_run_beside_its_plan_says_the_same(page, tmp_path):
    made = page("report", "--against", str(tmp_path / "plan.json"))
    assert "Beside dry-run plan.json Both say the same of every row." in made.text


@pytest.mark.words
@pytest.mark.slow
def test_a_plan_of_other_rows_beside_its_run_shows_what_differs(database, tmp_path, upgrade, page):
    registry, other = tmp_path / "project-registry.json", tmp_path / "other.json"
    database.reset()
    rows = folded()
    prepared(database, tmp_path, rows)
    database.execute("UPDATE memories SET content = 'edited <b>' WHERE id = (SELECT min(id) FROM memories)")
    database.execute("INSERT INTO interactions (id, prompt, project) VALUES ('only-there', 'p', 'p05')")
    other.write_text(rekey_here(database, registry, "plan", "--json").out)
    database.execute("DELETE FROM interactions WHERE id = 'only-there'")
    database.execute("UPDATE memories SET content = 'as it was' WHERE content = 'edited <b>'")
    upgrade(database, registry)
    made = page("report", "--against", str(other))
    assert "interactions only-thererekey → p05-interferometernothing" in made.text
    assert "content: edited <b>" in made.text
    assert "content: as it was" in made.text


@pytest.mark.words
@pytest.mark.slow
def test_against_needs_a_page_and_a_report(done, tmp_path):
    assert "--against compares on a page" in done("report", "--against", str(tmp_path / "plan.json")).err
    (tmp_path / "broken.json").write_text("{}")
    said = done("report", "--against", str(tmp_path / "broken.json"), "--html", str(tmp_path / "x.html"))
    assert (1, False) == (said.status, (tmp_path / "x.html").exists())
    assert "broken.json: it is truncated, or no report" in said.err


# --- the way back


@pytest.mark.slow
def test_the_way_back_as_json_says_what_each_column_holds_and_goes_back_to(done, database):
    before = dict(database.rows("SELECT id, project FROM memories"))
    document = done("restore-plan", "--json").document
    (run,) = document["runs"]
    tables = {table["table"]: table for table in run["tables"]}
    changed = [row for row in tables["memories"]["rows"] if "project" in row["columns"]]
    assert changed
    for row in changed:
        now, then = row["columns"]["project"]
        assert (before[row["key"]], True) == (now, then != now)
    (gone, *_) = [row for row in tables["projects"]["rows"] if row["action"] == "delete"]
    assert [None, "p05"] == gone["columns"]["name"]
    assert sum(len(table["rows"]) for table in run["tables"]) == sum(
        table["untouched"] + table["drifted"] for table in run["tables"]
    )


@pytest.mark.words
@pytest.mark.slow
def test_the_exit_status_of_the_way_back_tells_a_script(done, database, downgrade, tmp_path):
    assert 0 == done("restore-plan", "--check").status
    database.execute("UPDATE memories SET content = 'edited'")
    assert 2 == done("restore-plan", "--check").status
    drifted = [
        row
        for run in done("restore-plan", "--json").document["runs"]
        for table in run["tables"]
        for row in table["rows"]
        if row["drift"] == "edited"
    ]
    assert drifted
    assert all("edited" == row["columns"]["content"][0] for row in drifted)


@pytest.mark.words
def test_nothing_to_put_back_is_told(database, tmp_path, upgrade):
    legacy.create(database)
    registry = legacy.write_registry(tmp_path / "project-registry.json", {"a": []})
    upgrade(database, registry)
    assert 3 == rekey_here(database, registry, "restore-plan", "--check").status


@pytest.mark.words
@pytest.mark.slow
def test_the_way_back_has_a_page_with_both_values_of_each_column(page, database):
    database.execute("UPDATE interactions SET response = 'edited </script>'")
    made = page("restore-plan")
    assert "changed since: a downgrade refuses, or keeps them." in made.text
    rows = {(row["table"], row["key"]): row for row in made.data}
    edited = [row for (table, _), row in rows.items() if table == "interactions"]
    assert {"edited"} == {row["action"] for row in edited}
    assert all("response" in [name for name, _, _ in row["columns"]] for row in edited)
    assert "</script>" not in made.raw["rows-data"]


# --- names that nobody registered


@pytest.mark.words
@pytest.mark.slow
def test_names_that_nobody_registered_stand_on_the_page_of_the_plan(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    database.execute("INSERT INTO interactions (id, prompt, project) VALUES ('slip', 'p', 'p05-interferometr')")
    database.execute("INSERT INTO interactions (id, prompt, project) VALUES ('own', 'p', '<i>unheard of</i>')")
    file = tmp_path / "plan.html"
    assert 0 == rekey_here(database, registry, "plan", "--html", str(file)).status
    text = Read(file.read_text("ascii")).text
    assert f"p05-interferometrinteractions.project1{CANONICAL}" in text
    assert "<i>unheard of</i>interactions.project1" in text

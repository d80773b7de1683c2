"""Claims about the page as text: it says what the report says, holds nothing from elsewhere, and no value can act."""

import base64
import hashlib
import re
import stat
import tracemalloc
from contextlib import contextmanager
from dataclasses import replace

import pytest
from alembic.config import Config
from sqlalchemy import NullPool, create_engine

import legacy
from alembic_rekey.errors import ReportFailed
from alembic_rekey.project.folds import Folds
from alembic_rekey.report.document import Fingerprint
from alembic_rekey.report.file import NewFile, ReportFile
from alembic_rekey.report.reading import read_document
from alembic_rekey.report.runs import recorded_runs, report_of
from alembic_rekey.review import dry_run
from alembic_rekey.review.against import against
from alembic_rekey.show.page import page as template
from alembic_rekey.show.page import rows as page_rows
from alembic_rekey.show.page.pages import run_page
from alembic_rekey.text.progress import Progress
from commands import ROOT, rekey_here
from databases import SQLiteDatabase
from examples import CANONICAL, alembic_here, folded, interaction, memory, prepared, projects, state
from pages import HOSTILE, Read, many, mixed

TITLES = ("shadow_projects", "state_plans", "memory_plans", "interaction_plans")


@pytest.fixture
def sqlite(tmp_path):
    made = SQLiteDatabase(tmp_path / "app.db")
    yield made
    made.close()


def made(database, registry, *arguments, command=("plan", "--json"), **more):
    file = registry.parent / f"page-{len(list(registry.parent.glob('page-*')))}.html"
    said = rekey_here(database, registry, *command, "--html", str(file), *arguments, **more)
    assert said.status == 0, said.err
    assert f"page: {file}\n" in said.err
    return Read(file.read_text("ascii")), said


def visible(text):
    return "".join(c if c.isprintable() or c in "\n\t" else f"⟨U+{ord(c):04X}⟩" for c in text)


def sides(row):
    return ["".join(part if isinstance(part, str) else part[side] for part in row["says"]) for side in (0, 1)]


def flat(text):
    return re.sub(r"\s+", " ", visible(text))


@pytest.mark.sqlite_first
def test_the_page_says_the_counts_and_every_row_that_the_report_says(database, tmp_path):
    page, said = made(database, mixed(database, tmp_path))
    plan = said.document["plan"]
    text = re.sub(r", of these merged \d", "", page.text)
    for name, number in plan["counts"].items():
        assert f"{name.replace('_', ' ')}{number:,}" in text
    rows = [
        (row["action"], visible(row["before"].get("id") or ""), row["canonical"])
        for title in TITLES
        for row in plan[title]
        if row["action"] not in ("keep", "collision")
    ]
    assert sorted(rows) == sorted((row["action"], row.get("key", ""), row["to"]) for row in page.data)
    assert {row["action"] for row in page.data} >= {"create", "delete", "drop", "merge", "replace", "revive", "rekey"}
    assert plan["fingerprint"] in page.text


@pytest.mark.words
@pytest.mark.slow
def test_collisions_stand_in_the_page_itself_with_all_live_values_and_what_differs(database, tmp_path):
    page, _ = made(database, mixed(database, tmp_path))
    assert len(re.findall(r"\d live values", page.text)) == 2
    assert f"project_state: {CANONICAL} at category=decision, key={flat(HOSTILE)} 3 live values" in page.text
    assert "row a, under p05-interferometer We buy from Zygo, 4 weeks active" in page.text
    assert "row b, under p05 We buy from 4D, 6 weeks active" in page.text
    for differing in ("Zygo", "4D", "!"):
        assert f"<mark>{differing}</mark>" in page.page
    assert "decide which value is right" in page.text
    assert "The upgrade would refuse this plan." in page.text


@pytest.mark.words
def test_a_drop_shows_what_goes_beside_what_stays(database, tmp_path):
    page, _ = made(database, prepared(database, tmp_path, folded()))
    (drop,) = [row for row in page.data if row["action"] == "drop"]
    assert drop == {
        "action": "drop",
        "table": "project_state",
        "from": "p05",
        "to": CANONICAL,
        "key": "dropped",
        "status": "invalid",
        "at": "category=decision, key=historical",
        "says": [["2", "1", 0, 0]],
        "stays": "living",
        "stays_status": "active",
    }
    assert page.text.count("The upgrade would carry this plan out") == 2  # the title and the verdict
    assert "What blocks Nothing." in page.text


@pytest.mark.words
@pytest.mark.slow
def test_everything_that_blocks_stands_with_its_remedy(database, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(c=CANONICAL, d=CANONICAL.upper())})
    page, said = made(database, registry)
    for sentence in said.document["plan"]["integrity_errors"]:
        assert flat(sentence) in page.text
    assert "rekey_two_canonical_rows_project (2)" in page.text
    assert "What to do: move what hangs on the wrong row" in page.text


@pytest.mark.words
def test_a_card_says_how_many_rows_hang_on_each_value_and_which_is_the_newest(database, tmp_path):
    new = {"updated_at": "2026-05-01 00:00:00+00:00"}
    rows = {"projects": projects(c=CANONICAL, s="p05"), "memories": [memory(f"m{n}", "p05", str(n)) for n in range(3)]}
    rows["project_state"] = [
        state("own", "c", "1"),
        state("other", "s", "2", **new),
        state("gone", "s", "3", "old", key="k"),
    ]
    registry = prepared(database, tmp_path, rows)
    database.execute(
        "CREATE TABLE remarks (id INTEGER PRIMARY KEY, about VARCHAR(99) REFERENCES project_state (id));"
        "INSERT INTO remarks VALUES (1, 'other'), (2, 'other'), (3, NULL), (4, 'gone')"
    )
    page, _ = made(database, registry)
    # Under the alias stand its own row, three memories, and two rows of project_state.
    other = (
        r"row other, under p05 2 active · 2026-05-01 00:00:00[+:0]* \(the newest\) · 2 rows refer to it · 6 rows under"
    )
    assert re.search(other, page.text)
    assert re.search(r"row own, under p05-interferometer 1 active · [-\d :+]+ · 0 rows refer to it", page.text)
    assert [[["canonical", False, True], ["p05", True, False]]] == [rows for _, rows in page.questions["asked"]]
    database.execute("DROP TABLE remarks")


@pytest.mark.slow
def test_an_empty_plan_has_a_page_too(sqlite, tmp_path):
    legacy.create(sqlite)
    registry = legacy.write_registry(tmp_path / "r.json", {"a": []})
    page, _ = made(sqlite, registry)
    assert [] == page.data
    assert "No row stands under another name than its canonical." in page.text
    assert "The plan is empty" in page.text
    page, _ = made(sqlite, registry, x=["allow_empty=false"])
    assert "rekey_plan_is_empty (1)" in page.text
    assert "or allow it with -x allow_empty=true." in page.text


@pytest.mark.words
@pytest.mark.slow
@pytest.mark.parametrize("way", ["applied", "restored"])
def test_a_run_has_a_page_of_what_was_done(database, tmp_path, upgrade, downgrade, way):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry)
    if way == "restored":
        downgrade(database, registry)
    page, said = made(database, registry, command=("report",))
    assert said.out == ""
    report = rekey_here(database, registry, "report", "1").document
    text = page.text.replace(", of these merged 1", "")
    for name, number in report["plan"]["counts"].items():
        if name in ("state_rekey_rows", "memory_rekey_rows", "shadow_projects", "state_historical_drops"):
            assert f"{name.replace('_', ' ')}{number:,}" in text
    assert "canonical rows created1" in text
    assert "state rekey rows, of these merged 1" in page.text
    assert report["plan"]["fingerprint"] in page.text
    assert len(page.data) == sum(row["action"] != "keep" for title in TITLES for row in report["plan"][title])
    assert {"applied": "This run was carried out.", "restored": "put its rows back"}[way] in page.text
    assert [] == list(tmp_path.glob("alembic-rekey-*"))


# --- nothing in it can run, nothing comes from elsewhere


def test_nothing_on_a_page_comes_from_elsewhere(sqlite, tmp_path):
    page, _ = made(sqlite, mixed(sqlite, tmp_path))
    shown = page.page.replace(page.raw["rows-data"], "").replace(page.raw["questions-data"], "")
    assert [] == re.findall(
        r"https?:|//\w|@import|url\(", re.sub(r"sqlite:/+", "", page.raw["style"] + page.raw["script"])
    )
    anchors = {f"#{has['id']}" for name, has in page.tags if name == "article"}
    assert 2 == len(anchors)
    assert {"#main", "#collisions", "#filters", *anchors} == {has["href"] for name, has in page.tags if "href" in has}
    assert [] == [name for name, has in page.tags if {"src", "style"} & {*has} or any(a.startswith("on") for a in has)]
    assert {"link", "img", "iframe", "object", "base"} & {name for name, _ in page.tags} == set()
    assert "http:" not in shown
    assert "https:" not in shown


def test_the_policy_lets_nothing_run_but_the_page_s_own_script(sqlite, tmp_path):
    page, _ = made(sqlite, mixed(sqlite, tmp_path))
    (policy,) = [has["content"] for has in page.all("meta", **{"http-equiv": "Content-Security-Policy"})]

    def digest(text):
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert policy == (
        f"default-src 'none'; script-src {' '.join(map(digest, page.scripts))}; style-src {digest(page.raw['style'])}; "
        "base-uri 'none'; form-action 'none'"
    )


@pytest.mark.words
def test_no_value_can_end_where_it_stands_or_become_markup(database, tmp_path):
    page, _ = made(database, mixed(database, tmp_path))
    data = [{"id": name, "type": "application/json"} for name in ("rows-data", "questions-data")]
    assert [*data, {}, {}] == page.all("script")
    assert not re.search("[<>&]", page.raw["rows-data"] + page.raw["questions-data"])
    assert page.page.isascii()
    assert all(character.isprintable() or character in "\n\t" for character in page.page)
    for told in ("⟨U+202E⟩gnp.exe", "⟨U+001B⟩[31m", "⟨U+2028⟩", "⟨U+200B⟩", "{{rows}}", "<!-- <img src=x"):
        assert told in page.text
    (drop,) = [row for row in page.data if row.get("key") == "d2"]
    assert sides(drop) == [visible(HOSTILE + "?"), visible(HOSTILE)]


def test_null_and_the_empty_text_and_bytes_can_be_told_apart(sqlite, tmp_path):
    rows = {"projects": projects(c=CANONICAL, s="p05")}
    rows["project_state"] = [
        state(f"{owner}{n}", owner, value, "superseded", key=str(n))
        for n, values in enumerate([(None, ""), (b"\xff", "ff")])
        for owner, value in zip("cs", values, strict=True)
    ]
    page, _ = made(sqlite, prepared(sqlite, tmp_path, rows))
    assert {row["key"]: sides(row) for row in page.data if "says" in row} == {
        "s0": ["", "⟨NULL⟩"],
        "s1": ["ff", '{"$bytes": "ff"}'],
    }


# --- the file


def test_the_file_is_for_its_owner_alone(sqlite, tmp_path):
    registry = prepared(sqlite, tmp_path, folded())
    made(sqlite, registry)
    assert stat.S_IMODE((tmp_path / "page-0.html").stat().st_mode) == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("there", ["a file", "a link that leads nowhere", "a folder", "a device"])
@pytest.mark.parametrize("command", ["plan", "report"])
def test_what_is_there_is_never_overwritten(sqlite, tmp_path, there, command):
    registry = prepared(sqlite, tmp_path, folded())
    page, before = tmp_path / "page.html", {*tmp_path.iterdir()}
    if there == "a file":
        page.write_text("mine")
    elif there == "a folder":
        page.mkdir()
    else:
        page.symlink_to("/dev/null" if there == "a device" else tmp_path / "nowhere")
    said = rekey_here(sqlite, registry, command, "--html", str(page))
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(f"FAILED: report {page}: it cannot be written: File exists.\n  what to do: name a file")
    assert {*tmp_path.iterdir()} - before == {page}
    assert page.is_symlink() or page.is_dir() or page.read_text() == "mine"


@pytest.mark.slow
@pytest.mark.parametrize("place", ["nowhere/page.html", "project-registry.json/page.html", "x" * 300, "\udcff/p"])
def test_a_place_that_cannot_be_written_refuses_before_any_work(sqlite, tmp_path, place):
    registry = prepared(sqlite, tmp_path, folded())
    before = {*tmp_path.iterdir()}
    said = rekey_here(sqlite, registry, "plan", "--html", str(tmp_path / place))
    assert (said.status, said.out, said.err.startswith("FAILED: report ")) == (1, "", True)
    assert {*tmp_path.iterdir()} == before


@pytest.mark.slow
def test_where_no_plan_can_be_made_there_is_no_page(sqlite, tmp_path):
    registry = prepared(sqlite, tmp_path, folded())
    registry.write_text("{")
    before = {*tmp_path.iterdir()}
    assert rekey_here(sqlite, registry, "plan", "--html", str(tmp_path / "page.html")).status == 1
    assert rekey_here(sqlite, registry, "report", "--html", str(tmp_path / "page.html")).status == 1
    assert {*tmp_path.iterdir()} == before


@pytest.mark.slow
def test_a_page_that_somebody_else_made_meanwhile_stays(sqlite, tmp_path):
    def pieces():
        yield "half of it"
        (tmp_path / "page.html").write_text("theirs")

    with NewFile.claimed(tmp_path / "page.html") as file, pytest.raises(ReportFailed, match="File exists"):
        file.fill(pieces())
    assert [("page.html", "theirs")] == [(path.name, path.read_text()) for path in tmp_path.iterdir()]


@pytest.mark.slow
def test_a_page_is_complete_or_not_there(sqlite, tmp_path):
    def pieces():
        yield "half of it"
        assert [] == list(tmp_path.glob("*.html"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), NewFile.claimed(tmp_path / "page.html") as file:
        file.fill(pieces())
    assert [] == list(tmp_path.iterdir())


# --- many rows


@pytest.mark.slow
def test_bars_are_as_wide_as_their_rows_and_the_blocked_part_of_each(sqlite, tmp_path):
    rows = {"interactions": [interaction(f"i{n}", "p05" if n < 30 else "p06") for n in range(38)]}
    rows["projects"] = projects(c=CANONICAL, s="p05")
    rows["project_state"] = [state("a", "c", "1"), state("b", "s", "2")]
    page, _ = made(sqlite, prepared(sqlite, tmp_path, rows))
    # 30 tagged rows, the shadow, and its row in collision.
    assert ["100.00", "3.12", "25.00", "0.00"] == [has["width"] for has in page.all("rect")]
    assert "p05-interferometerp05 (32) 32, 1 in collision" in page.text
    assert "p06-polisherp06 (8) 8" in page.text


@pytest.mark.slow
def test_of_a_thousand_aliases_each_canonical_has_its_bar_and_each_name_its_line(sqlite, tmp_path):
    page, _ = made(sqlite, many(sqlite, tmp_path))
    assert 10_201 == len(page.data)
    assert len(page.page) < 3_000_000
    _, canonicals, names = page.page.split("<tbody>")
    assert 50 == canonicals.count("<svg")
    assert 50 == canonicals.count("and 17 more names")
    numbers = [int(number.replace(",", "")) for number in re.findall(r"<td>([\d,]+)</td><td>[\d,]+</td></tr>", names)]
    assert (1_000, 10_201) == (len(numbers), sum(numbers))


@pytest.mark.slow
def test_what_a_page_has_no_room_for_is_told_and_the_gravest_rows_stay(sqlite, tmp_path, monkeypatch):
    monkeypatch.setattr(page_rows, "_MOST_ROWS", 5)
    monkeypatch.setattr(dry_run, "MOST_QUESTIONS", 1)
    rows = {"projects": projects(c=CANONICAL, s="p05")}
    rows["project_state"] = [state(f"{o}{n}", o, o, "superseded", key=str(n)) for n in range(3) for o in "cs"]
    rows["project_state"] += [state(f"x{o}{n}", o, o, key=f"x{n}") for n in range(4) for o in "cs"]
    rows["memories"] = [memory(f"m{n}", "p05", str(n)) for n in range(1_200)]
    page, _ = made(sqlite, prepared(sqlite, tmp_path, rows))
    assert ["delete", "drop", "drop", "drop", "rekey"] == sorted(row["action"] for row in page.data)
    assert "Left out: 1,199 rekeyed. alembic-rekey plan --all shows them." in page.text
    assert "The first 1 stand here; the report has 3 more." in page.text
    assert 1 == len(page.questions["asked"])
    assert 1 == len(re.findall(r"\d live values", page.text))


def test_what_a_person_decides_comes_before_what_only_tells(sqlite, tmp_path):
    page, _ = made(sqlite, mixed(sqlite, tmp_path))
    titles = ["Counts", "What blocks", "Collisions", "Where the rows go", "Names that nobody registered", "Rows"]
    assert titles == re.findall("<h2[^>]*>(.*?)</h2>", page.page)


@contextmanager
def report_of_many(sqlite, folder):
    """The run of 5,000 rows and its report, as a stream."""
    rows = {"memories": [memory(f"m{n}", "p05", f"{n} {'content ' * 60}") for n in range(5_000)]}
    alembic_here("upgrade", "head", url=sqlite.url, registry=prepared(sqlite, folder, rows), report_dir=folder)
    spec = Folds(Config(str(ROOT / "alembic.ini"))).of("0003")
    with create_engine(sqlite.url, poolclass=NullPool).connect() as connection:
        (run,) = recorded_runs(connection)
        fingerprint = Fingerprint(run.registry_sha256, "0003")
        yield spec, run, report_of(connection, spec, run, "x", fingerprint, Progress(""))


@contextmanager
def memory_taken():
    """A function that tells, behind the block, the most bytes that it held at once."""
    tracemalloc.start()
    found = []
    yield lambda: found[0]
    found.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()


@pytest.mark.slow
def test_a_page_of_many_rows_needs_no_more_memory_than_one_of_few(sqlite, tmp_path):
    template._template()  # It is made once, and stays.
    with report_of_many(sqlite, tmp_path) as (spec, run, document), memory_taken() as peak:
        length = sum(map(len, run_page(run, "0003", spec, document)))
    assert length > 2_600_000
    assert peak() < length / 2


@pytest.mark.slow
def test_two_reports_of_many_rows_are_compared_on_disk(sqlite, tmp_path):
    with report_of_many(sqlite, tmp_path) as (spec, _, document):
        report = read_document(ReportFile.write(tmp_path, "report", document).publish())
    other = replace(report, facts={**report.facts, "fingerprint": "another one"})
    with memory_taken() as peak:
        assert [] == against(report, other, spec).rows
    assert peak() < 100_000

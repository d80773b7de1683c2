"""Claims about the page as the place where collisions are decided, in a real browser.

Where no Chromium is installed these are not collected, and the end of the test run says so.
"""

import json
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe

import chromium
from commands import rekey_here
from databases import SQLiteDatabase
from examples import CANONICAL, alembic_here, folded, interaction, prepared, project, projects, state
from pages import Read, colliding, mixed

pytestmark = pytest.mark.slow


@pytest.fixture
def sqlite(tmp_path):
    made = SQLiteDatabase(tmp_path / "app.db")
    yield made
    made.close()


@pytest.fixture
def deciding(browser, sqlite, tmp_path):
    """Opens the page of a plan; what it gives for download is read, and can be handed to a command."""
    contexts = []

    def opens(prepare, *options, x=(), **screen):
        registry = prepare(sqlite, tmp_path) if callable(prepare) else prepare
        file = tmp_path / f"page-{len(contexts)}.html"
        said = rekey_here(sqlite, registry, "plan", "--html", str(file), *options, x=x)
        assert said.status == 0, said.err
        contexts.append(browser.new_context(accept_downloads=True, **screen))
        page, happened = contexts[-1].new_page(), []
        page.on("request", lambda request: happened.append(request.url))
        page.on("console", lambda message: happened.append(message.text))
        page.on("pageerror", lambda error: happened.append(str(error)))
        page.goto(file.as_uri())

        def downloaded():
            with page.expect_download() as waiting:
                page.get_by_role("button", name="Download resolutions.json").click()
            path = tmp_path / waiting.value.suggested_filename
            waiting.value.save_as(path)
            return path

        return SimpleNamespace(
            page=page, happened=happened, url=file.as_uri(), registry=registry, downloaded=downloaded
        )

    yield opens
    for context in contexts:
        context.close()


def is_open(seen):
    return seen.page.locator("#open").text_content()


def answers(path):
    return json.loads(path.read_text())["resolutions"]


def small(database, folder):
    """Two collisions, both newer under the alias, and a tie."""
    new = {"updated_at": "2026-05-01 00:00:00+00:00"}
    rows = {"projects": projects(c=CANONICAL, s="p05", d="p06-polisher", t="p06")}
    rows["project_state"] = [
        *(state(f"c{n}", "c", "old", key=f"k{n}") for n in range(2)),
        *(state(f"s{n}", "s", "new", key=f"k{n}", **new) for n in range(2)),
        *(state(f"tie-{owner}", owner, owner, key="tie") for owner in "dt"),
    ]
    return prepared(database, folder, rows)


def test_an_approver_decides_300_collisions_by_rule_and_by_hand_and_the_upgrade_takes_the_file(
    deciding, sqlite, tmp_path
):
    seen = deciding(colliding)
    page = seen.page
    assert "300 of 300 open" == is_open(seen)
    page.get_by_label("Who decides").fill("Mira \u202e 🧪")
    page.get_by_label("Why", exact=True).fill("as the registry's owner told me")
    page.get_by_role("button", name="Keep the newest").click()
    # In one of three both rows are equally new: a rule does not decide what it does not know.
    assert "100 of 300 open" == is_open(seen)
    page.select_option("#project", "p03")
    page.get_by_role("button", name="Keep the canonical’s").click()
    assert "90 of 300 open" == is_open(seen)
    page.get_by_role("button", name="Show all").click()
    page.get_by_role("button", name="newest of p06").click(force=True)
    assert "90 of 300 open" == is_open(seen)
    page.get_by_role("button", name="canonical’s of p06").click()
    page.get_by_role("button", name="Keep the canonical’s").click()
    assert "0 of 300 open" == is_open(seen)
    page.get_by_role("button", name="Undo").click()
    assert "80 of 300 open" == is_open(seen)
    page.get_by_role("button", name="Next open one").click()
    for key in "21" * 40:
        page.keyboard.press(key)
        page.keyboard.press("n")
    assert "0 of 300 open" == is_open(seen)
    assert page.get_by_role("button", name="Next open one").is_disabled()
    path = seen.downloaded()
    assert [seen.url] == [told for told in seen.happened if not told.startswith("blob:")]
    planned = rekey_here(sqlite, seen.registry, "plan", "--check", x=[f"resolutions={path}"])
    assert 0 == planned.status, planned.err
    ended = alembic_here(
        "upgrade", "head", url=sqlite.url, registry=seen.registry, report_dir=tmp_path / "reports", resolutions=path
    )
    assert (0, "") == (ended.code, ended.out), ended.err
    kept = dict(sqlite.rows("SELECT value LIKE '%as it is', count(*) FROM project_state GROUP BY 1"))
    assert {0: 20 + 40, 1: 200 + 40} == kept
    said = sqlite.rows("SELECT decided_by, why, count(*) FROM rekey_answer GROUP BY 1, 2 ORDER BY 3")
    why = "as the registry's owner told me"
    assert [
        ("Mira \u202e 🧪", f"{why}; rule: canonical", 20),
        ("Mira \u202e 🧪", why, 80),
        ("Mira \u202e 🧪", f"{why}; rule: newest", 200),
    ] == said
    report = rekey_here(sqlite, seen.registry, "report").document
    assert 300 == len(report["answers"])
    assert {"Mira \u202e 🧪"} == {answer["decided_by"] for answer in report["answers"]}
    shown = rekey_here(sqlite, seen.registry, "report", "--html", str(tmp_path / "run.html"))
    assert 0 == shown.status, shown.err
    text = Read((tmp_path / "run.html").read_text("ascii")).text
    assert "Decided by a person" in text
    assert f"Mira ⟨U+202E⟩ 🧪{why}; rule: newest" in text


def test_what_is_open_stays_open_in_the_file_and_the_rest_is_asked_next_time(deciding, tmp_path):
    seen = deciding(small)
    seen.page.get_by_role("button", name="Keep the newest").click()
    card = seen.page.locator(".question", has_text="key=k1")
    card.get_by_label("Why, here").fill("the lab said so")
    half = seen.downloaded().rename(tmp_path / "half.json")
    assert [("p05", "rule: newest"), ("p05", "the lab said so; rule: newest"), (None, None)] == [
        (answer["keep"], answer.get("why")) for answer in answers(half)
    ]
    again = deciding(seen.registry, x=[f"resolutions={half}"])
    assert "1 of 1 open" == is_open(again)
    again.page.get_by_role("button", name="Keep this one row tie-t").click()
    assert answers(half)[:2] == answers(again.downloaded())[:2]
    assert [("p05", "k0"), ("p05", "k1"), ("p06", "tie")] == [
        (answer["keep"], answer["key"]) for answer in answers(tmp_path / "resolutions.json")
    ]


def test_what_was_decided_is_there_after_a_reload_and_can_be_undone_one_by_one(deciding):
    seen = deciding(small)
    page = seen.page
    page.get_by_label("Who decides").fill("Mira")
    keep = page.locator(".question", has_text="key=k0").get_by_role("button")
    keep.nth(0).click()
    keep.nth(1).click()
    page.get_by_role("button", name="Keep the newest").click()
    assert "1 of 3 open" == is_open(seen)
    page.reload()
    assert ("1 of 3 open", "Mira") == (is_open(seen), page.get_by_label("Who decides").input_value())
    assert ["false", "true"] == [keep.nth(n).get_attribute("aria-pressed") for n in (0, 1)]
    assert page.get_by_role("button", name="Undo").is_disabled()
    keep.nth(1).click()
    assert "2 of 3 open" == is_open(seen)
    page.get_by_role("button", name="Undo").click()
    assert "1 of 3 open" == is_open(seen)
    keep.nth(0).click()
    page.locator(".question", has_text="key=k0").press("u")
    assert ["false", "true"] == [keep.nth(n).get_attribute("aria-pressed") for n in (0, 1)]


def test_filters_stand_in_the_address_and_each_card_has_one(deciding):
    seen = deciding(small)
    page = seen.page
    page.select_option("#project", CANONICAL)
    page.get_by_label("Text").fill("key=k1")
    assert 1 == page.locator(".question:visible").count()
    address = page.url
    assert address.endswith(f"#project={CANONICAL}&text=key%3Dk1")
    page.goto("about:blank")
    page.goto(address)
    assert 1 == page.locator(".question:visible").count()
    assert "key=k1" == page.get_by_label("Text").input_value()
    anchor = page.locator(".question:visible").get_attribute("id")
    page.goto("about:blank")
    page.goto(f"{seen.url}#{anchor}")
    assert page.locator(f"#{anchor}").is_visible()
    assert 3 == page.locator(".question:visible").count()
    page.goto(address)
    page.get_by_role("button", name="Show all").click()
    assert 3 == page.locator(".question:visible").count()


def test_two_rows_of_one_name_that_differ_cannot_be_kept_by_that_name(deciding, tmp_path):
    """Under one name stand two spellings of it in two rows: each is named as it is spelt."""

    def twice(database, folder):
        rows = {"projects": projects(c=CANONICAL, s="p05", t="P05")}
        rows["project_state"] = [state(owner, owner, owner, key="k") for owner in "cst"]
        return prepared(database, folder, rows)

    seen = deciding(twice)
    seen.page.get_by_role("button", name="Keep this one row t").click()
    path = seen.downloaded()
    assert "P05" == answers(path)[0]["keep"]


@pytest.mark.parametrize("screen", ["light", "dark", "phone"])
def test_anybody_can_decide(deciding, screen):
    options = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": {"viewport": {"width": 360, "height": 740}}}
    seen = deciding(mixed, **options[screen])
    seen.page.locator(".keep").first.click()
    found = Axe().run(seen.page, None, chromium.WCAG).response["violations"]
    assert [] == [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found]


@pytest.mark.parametrize("width", [360, 1280])
def test_anybody_can_read_a_run_beside_its_plan_and_the_way_back(browser, sqlite, tmp_path, upgrade, width):
    registry = prepared(sqlite, tmp_path, folded())
    (tmp_path / "plan.json").write_text(rekey_here(sqlite, registry, "plan", "--json").out)
    upgrade(sqlite, registry)
    sqlite.execute("UPDATE memories SET content = 'edited since'")
    (tmp_path / "later.json").write_text(rekey_here(sqlite, registry, "plan", "--json").out)
    for name, command in {
        "run": ("report", "--against", str(tmp_path / "plan.json")),
        "other": ("report", "--against", str(tmp_path / "later.json")),
        "back": ("restore-plan",),
    }.items():
        file = tmp_path / f"{name}.html"
        said = rekey_here(sqlite, registry, *command, "--html", str(file))
        assert 0 == said.status, said.err
        page, happened = browser.new_page(viewport={"width": width, "height": 800}), []
        page.on("console", lambda message, happened=happened: happened.append(message.text))
        page.on("pageerror", lambda error, happened=happened: happened.append(str(error)))
        page.goto(file.as_uri())
        assert (width, []) == (page.evaluate("document.documentElement.scrollWidth"), happened)
        found = Axe().run(page, None, chromium.WCAG).response["violations"]
        assert [] == [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found], name
        # Where a row comes or goes, the other side says so rather than nothing.
        assert (name == "back") == (page.locator("#list .columns").get_by_text("no row").count() > 0)
        page.close()


@pytest.mark.parametrize("width", [360, 768, 1920])
def test_no_name_is_cut_off_at_any_width(deciding, width):
    seen = deciding(mixed, viewport={"width": width, "height": 800})
    assert width == seen.page.evaluate("document.documentElement.scrollWidth")
    clipped = """[...document.querySelectorAll(".flows td, .flows th, h4, .who, .at, button, dd, dt")]
        .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline")
        .map((one) => one.textContent)"""
    assert [] == seen.page.evaluate(clipped)


def test_on_paper_stands_every_row_that_the_filters_leave(deciding):
    def rows(database, folder):
        told = [interaction(f"i{n}", "p05" if n % 4 else "p06") for n in range(240)]
        return prepared(database, folder, {"projects": [project("c", CANONICAL)], "interactions": told})

    page = deciding(rows).page
    page.select_option("#project", CANONICAL)
    page.evaluate(
        "addEventListener('beforeprint', () => { printed = document.querySelectorAll('#list .card').length; })"
    )
    assert page.pdf(format="A4").startswith(b"%PDF")
    assert 180 == page.evaluate("printed")
    assert 50 == page.locator("#list .card").count()


def test_a_deleted_row_stands_column_by_column_beside_the_one_that_stays(deciding):
    def rows(database, folder):
        told = [project("c", CANONICAL, description="the one"), project("s", "p05", description="the other")]
        return prepared(database, folder, {"projects": told})

    page = deciding(rows, color_scheme="light").page
    line = page.locator("#list .columns .left")
    assert ["the other", "the one"] == line.locator(".value").all_text_contents()
    assert "rgb(161, 18, 23)" == line.locator(".value").first.evaluate("(one) => getComputedStyle(one).color")
    assert "created_at" in page.locator("#list .columns").inner_text()

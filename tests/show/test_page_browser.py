"""Claims about the page in a real browser: nothing runs, anybody can read it, and 10,000 rows are at hand.

Where no Chromium is installed these are not collected, and the end of the test run says so.
"""

from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe

import chromium
from commands import rekey_here
from databases import SQLiteDatabase
from examples import CANONICAL
from pages import HOSTILE, many, mixed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The page of each kind of plan."""
    found = {}
    for prepare in (mixed, many):
        folder = tmp_path_factory.mktemp("page")
        database = SQLiteDatabase(folder / "app.db")
        said = rekey_here(database, prepare(database, folder), "plan", "--html", str(folder / "page.html"))
        assert said.status == 0, said.err
        found[prepare.__name__] = (folder / "page.html").as_uri()
        database.close()
    return found


@pytest.fixture
def opened(browser, files):
    """Opens a page in a browser of its own; `happened` is all that it asked for, said or failed at."""
    contexts = []

    def opens(name="mixed", **options):
        contexts.append(browser.new_context(**options))
        page, happened = contexts[-1].new_page(), []
        page.on("request", lambda request: happened.append(request.url))
        page.on("console", lambda message: happened.append(message.text))
        page.on("pageerror", lambda error: happened.append(str(error)))
        page.on("dialog", lambda dialog: happened.append(dialog.message))
        page.goto(files[name])
        return SimpleNamespace(page=page, happened=happened, url=files[name])

    yield opens
    for context in contexts:
        context.close()


def violations(page, context=None):
    found = Axe().run(page, context, chromium.WCAG).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found]


def test_nothing_is_asked_for_and_nothing_in_a_value_runs(opened):
    seen = opened()
    assert [seen.url] == seen.happened
    assert seen.page.evaluate("typeof hacked") == "undefined"
    assert seen.page.evaluate("document.scripts.length") == 4
    assert 0 == seen.page.locator("img, [onerror], [style]").count()
    goes = seen.page.locator(".card", has_text="row d2").locator(".value").first.text_content()
    assert goes.startswith("</script><script>hacked=1</script><!-- <img src=x onerror=hacked=1>")
    assert "⟨U+202E⟩gnp.exe ⟨U+001B⟩[31m" in goes
    assert HOSTILE[-15:] in goes


def test_what_a_hostile_script_would_try_the_policy_forbids(opened):
    seen = opened()
    seen.page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'hacked = 1';
            document.body.append(script);
            const image = document.createElement('img');
            image.src = 'https://example.invalid/';
            document.body.append(image);
        }"""
    )
    assert seen.page.evaluate("typeof hacked") == "undefined"
    assert 2 == sum("Content Security Policy" in said for said in seen.happened)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_anybody_can_read_it_in_light_and_in_dark(opened, scheme):
    page = opened(color_scheme=scheme).page
    page.locator("summary").click()
    assert [] == violations(page)
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}[scheme] == colour


def test_anybody_can_turn_the_pages(opened):
    assert [] == violations(opened("many").page, "#pages")


def test_anybody_can_read_it_on_a_narrow_screen_without_scrolling_sideways(opened):
    page = opened(viewport={"width": 320, "height": 640}).page
    assert 320 == page.evaluate("document.documentElement.scrollWidth")
    assert [] == violations(page)


def test_filters_narrow_collisions_and_rows_together(opened):
    page = opened().page
    cards, shown = page.locator("#collisions-section .card:visible"), page.locator("#shown")
    every = page.locator("#list .card").count()
    assert f"Rows 1 to {every} of {every}. 2 of 2 collisions shown above." == shown.text_content()
    page.select_option("#project", "p06-polisher")
    assert 0 == cards.count()
    assert {"p06-polisher"} == {*page.locator("#list .name:last-child").all_inner_texts()}
    page.select_option("#project", CANONICAL)
    page.select_option("#action", "drop")
    assert {"historical drop"} == {*page.locator("#list .badge").all_inner_texts()}
    page.select_option("#action", "collision")
    assert (2, "No row fits. 2 of 2 collisions shown above.") == (cards.count(), shown.text_content())
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Text").fill("ZYGO")
    assert (1, "No row fits. 1 of 2 collisions shown above.") == (cards.count(), shown.text_content())


def test_ten_thousand_rows_stand_page_by_page_the_gravest_first(opened):
    page = opened("many").page
    assert "Rows 1 to 50 of 10,201." == page.locator("#shown").text_content()
    assert 50 == page.locator("#list .card").count()
    assert {"historical drop"} == {*page.locator("#list .badge").all_inner_texts()}
    assert page.get_by_role("button", name="Previous rows").is_disabled()
    page.get_by_role("button", name="Next rows").click()
    assert "Rows 51 to 100 of 10,201." == page.locator("#shown").text_content()
    page.select_option("#size", "1000")
    page.select_option("#action", "rekey")
    page.get_by_role("button", name="Next rows").click()
    assert "Rows 1,001 to 2,000 of 10,000." == page.locator("#shown").text_content()
    assert 1_000 == page.locator("#list .card").count()
    page.select_option("#project", "p49")
    assert "Rows 1 to 200 of 200." == page.locator("#shown").text_content()
    assert page.locator("#pages").is_hidden()
    page.select_option("#size", "50")
    for _ in range(3):
        page.get_by_role("button", name="Next rows").click()
    assert "Rows 151 to 200 of 200." == page.locator("#shown").text_content()
    assert page.get_by_role("button", name="Next rows").is_disabled()


def test_everything_is_reached_with_the_keyboard_and_seen_when_it_is(opened):
    page = opened("many").page
    for control in ("Skip to the counts", "", "", "project", "action", "search", "size", "reset", "next"):
        page.keyboard.press("Tab")
        at = page.evaluate(
            "(({id, type, className, textContent}) => [id, type, className, textContent])(document.activeElement)"
        )
        assert not control or control in at
        assert "solid" == page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), at
    page.locator("#action").focus()
    page.keyboard.press("ArrowDown")
    assert "Rows 1 to 50 of 200." == page.locator("#shown").text_content()


def test_without_its_script_counts_blocks_picture_and_collisions_are_there(opened):
    page = opened(java_script_enabled=False).page
    text = page.locator("body").inner_text()
    for said in ("state collisions", "2 collisions", "decide which value is right", "We buy from Zygo", "plan --all"):
        assert said in text
    assert page.locator("svg.band").first.is_visible()
    assert not page.locator("#filters").is_visible()
    assert not page.locator("#decide").is_visible()
    assert 0 == page.locator(".keep:visible").count()
    assert ["Zygo", "4", "4D", "6"] == page.locator(".card", has_text="Zygo").locator("mark").all_inner_texts()


def test_on_paper_there_is_the_plan_and_nothing_to_click(opened):
    page = opened(color_scheme="dark").page
    page.emulate_media(media="print", color_scheme="dark")
    assert "rgb(255, 255, 255)" == page.evaluate("getComputedStyle(document.body).backgroundColor")
    for control in ("#filters", "#pages", "summary", ".skip", "#decide"):
        assert not page.locator(control).is_visible()
    assert page.locator("svg.band").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")

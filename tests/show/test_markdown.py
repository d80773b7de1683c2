"""Claims about `plan --markdown`: a comment tells the whole plan or says what it leaves out; no value acts in it."""

import re
from html import unescape

import pytest

import two_folds
from alembic_rekey.show.markdown import MOST
from commands import rekey_here
from examples import CANONICAL, folded, interaction, prepared, projects, state

pytestmark = pytest.mark.sqlite_first

HOSTILE = "```\n</details><img src=x onerror=alert(1)> @everyone #1 [x](http://example.org) `````` <!--"


def told(database, registry, folder, *arguments, x=()):
    path = folder / f"plan-{len([*folder.glob('plan-*')])}.md"
    said = rekey_here(database, registry, "plan", "--markdown", str(path), *arguments, x=x)
    return said, path.read_text("utf-8")


def outside(document):
    """What GitHub reads as Markdown: all that stands in no fence."""
    kept, fence = [], None
    for line in document.splitlines():
        opens = re.fullmatch("(`{3,})text", line)
        if fence is None and opens:
            fence = opens[1]
        elif fence is not None and line == fence:
            fence = None
        elif fence is None:
            kept.append(line)
    assert fence is None, "a fence is not closed"
    return "\n".join(kept)


def within(document):
    """The lines of the lists, and their headings."""
    lists = re.sub("(?m)^<details.*?><summary>(.*)</summary>$", lambda found: unescape(found[1]), document)
    ours = re.compile(r"`{3,}(text)?|</details>|### .*|\*\*.*")
    return [line for line in lists.splitlines() if line and not ours.fullmatch(line)]


@pytest.mark.words
def test_it_says_all_that_the_text_says(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    said, document = told(database, registry, tmp_path)
    first, *text = [line for line in said.out.splitlines() if line]
    assert f"### {first}" == document.splitlines()[0]
    assert text[-1] == "The upgrade would carry this plan out: alembic upgrade head"
    assert text[:-1] == within(document)
    assert f"markdown: {tmp_path / 'plan-0.md'}" in said.err


@pytest.mark.words
def test_what_refuses_is_open_and_the_lists_are_closed(database, tmp_path):
    rows = {"projects": projects(c=CANONICAL, s="p05"), "project_state": [state("a", "c", "1"), state("b", "s", "2")]}
    said, document = told(database, prepared(database, tmp_path, rows), tmp_path, "--check", "--json")
    assert 2 == said.status
    assert said.document["plan"]["has_collisions"]
    assert "**The upgrade would refuse this plan.**" in document
    opened = re.findall("<details open><summary>(.*?)[ (<]", document)
    assert ["Counts", "Collisions"] == opened
    assert "<details><summary>projects: shadows" in document


@pytest.mark.words
def test_no_value_gets_out_of_its_fence(database, tmp_path):
    rows = {
        "projects": projects(c=CANONICAL, s="p05"),
        "project_state": [state("a", "c", HOSTILE, key=HOSTILE), state("b", "s", HOSTILE[::-1], key=HOSTILE)],
        "interactions": [interaction("i", "p05")],
    }
    _, document = told(database, prepared(database, tmp_path, rows), tmp_path)
    assert "onerror" in document
    assert [] == [word for word in ("onerror", "everyone", "example.org", "<!--") if word in outside(document)]


@pytest.mark.parametrize("limit", ["--all", "--limit=1000"])
@pytest.mark.slow
def test_it_never_grows_beyond_what_a_comment_may_hold_and_says_what_it_leaves_out(database, tmp_path, limit):
    long = "ä`" * 100
    rows = {
        "projects": projects(**{f"s{number}": f"{long}{number}" for number in range(400)}),
        "project_state": [state(f"{number}{long}", f"s{number}", long) for number in range(400)],
    }
    names = {f"canonical {number}": [f"{long}{number}"] for number in range(400)}
    said, document = told(database, prepared(database, tmp_path, rows, names), tmp_path, limit)
    assert MOST // 2 < len(document.encode()) <= MOST
    assert outside(document).count("<details") == outside(document).count("</details>")
    left_out = re.findall(r"… and ([\d,]+) more lines", document)
    assert left_out
    told_lines = len(within(document)) - len(left_out) + sum(int(number.replace(",", "")) for number in left_out)
    assert told_lines == len([line for line in said.out.splitlines() if line]) - 2


@pytest.mark.words
def test_why_no_plan_can_be_made_is_told_too(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    registry.write_text("{", "utf-8")
    said, document = told(database, registry, tmp_path, "--check")
    assert 2 == said.status
    assert "### No plan could be made" in document
    assert said.err.strip() in document


@pytest.mark.words
def test_a_file_that_is_there_is_not_overwritten(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    (tmp_path / "plan.md").write_text("mine", "utf-8")
    said = rekey_here(database, registry, "plan", "--markdown", str(tmp_path / "plan.md"))
    assert (1, "mine") == (said.status, (tmp_path / "plan.md").read_text("utf-8"))


@pytest.mark.words
def test_several_plans_stand_in_one_comment_and_what_the_upgrade_would_do_with_them_last(database, tmp_path):
    project = two_folds.make(database, tmp_path)
    said = project.rekey("plan", "--markdown", str(tmp_path / "plan.md"))
    document = (tmp_path / "plan.md").read_text("utf-8")
    assert 2 == document.count("### Plan of revision ")
    assert f"**{said.out.splitlines()[-1]}**" == document.splitlines()[-1].replace("\\", "")

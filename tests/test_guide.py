"""The guide is true: what its pages show is run, every refusal has its heading, and ends with it."""

import ast
import inspect
import os
import re
import shlex
import subprocess
import sys
from collections import defaultdict
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import fields
from enum import Enum
from importlib.metadata import metadata
from io import StringIO
from pathlib import Path

import pytest
from alembic.config import CommandLine
from sqlalchemy import create_engine, text

import alembic_rekey
from alembic_rekey import Check, Identity, References, Slots, Tags, errors
from alembic_rekey.cli.command_line import parser
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.guide.blocks import blocks, commands
from alembic_rekey.guide.topics import PAGES, listing, page, topic
from alembic_rekey.guide.trial import Trial, Untrue
from commands import rekey_with
from conftest import ROOT
from databases import sqlite_shell
from server import clean_environment
from started import started

GUIDE = ROOT / "src" / "alembic_rekey" / "guide"
REFUSING = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.RekeyError)]
TOPICS = {kind.topic for kind in REFUSING if hasattr(kind, "topic")}


def as_long_as_it_takes(name):
    """Pages that only tell are tried with the fast tests, those that run commands or fold with the slow ones."""
    runs = any(block.kind == "sh" or block.role == "spec" for block in blocks(page(name)))
    return pytest.mark.slow if runs else ()


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """The folder of a machine that has the sqlite3 shell, and none of this machine's settings."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "sqlite3").symlink_to(sqlite_shell())
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{programs}:{os.environ['PATH']}")
    for name in [name for name in os.environ if name.startswith(("ATOCORE_", "ALEMBIC_"))]:
        monkeypatch.delenv(name)
    folder = tmp_path / "page"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    with started(tmp_path_factory.mktemp("programs")) as folder:
        yield folder


@pytest.mark.parametrize("name", [pytest.param(name, marks=as_long_as_it_takes(name)) for name in PAGES])
def test_what_a_page_shows_is_so(name, shell, programs):
    trial = Trial(name, shell, programs)
    trial.run()
    assert {block.line for block in blocks(page(name)) if block.role == "elsewhere"} == {
        block.line for block in trial.elsewhere
    }


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_who_holds_a_lock_is_found_and_ended(database, server, tmp_path):
    (block,) = [block for block in blocks(page("on-call")) if block.role == "elsewhere"]
    asks, ends, _ = (command.line for command in commands(block))
    database.execute("CREATE TABLE customers (id INTEGER); CREATE TABLE orders (id INTEGER);")
    address = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "postgres", "PGDATABASE": database.name}
    here = clean_environment({**address, "PATH": f"{server.programs}:{os.environ['PATH']}"})

    def said(line):
        return subprocess.run(["bash", "-c", line], env=here, capture_output=True, encoding="utf-8", check=True).stdout

    engine = create_engine(database.url)
    with engine.connect() as holder:
        holder.execute(text("LOCK TABLE orders IN SHARE MODE"))
        pid = str(holder.execute(text("SELECT pg_backend_pid()")).scalar())
        assert pid in said(asks)
        assert " t\n" in said(ends.replace("12345", pid))
        assert pid not in said(asks)
        holder.invalidate()
    engine.dispose()


@pytest.mark.parametrize("name", PAGES)
def test_what_no_page_can_run_here_a_test_runs(name):
    lines = page(name).splitlines()
    for block in blocks(page(name)):
        if block.role == "elsewhere":
            said = re.fullmatch(r"<!-- run by (\S+?)(?:: .*)? -->", lines[block.line - 2])
            assert said, f"{name}.md, line {block.line}: no comment before it says which test runs it"
            assert (ROOT / said[1]).is_file()


@pytest.mark.parametrize(
    "shown",
    [
        "```sh\nfalse\n```\n",
        "```sh\ntrue   # 2: it is not\n```\n",
        "```sh\necho one\n```\n\n```text\ntwo\n```\n",
        "```python\nif\n```\n",
        "```sql tables\nCREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT);INSERT INTO a VALUES (1, 'x');\n```\n\n"
        '```python spec\nIdentity(noun="a", key=a.c.id, name=a.c.name, duplicates=Duplicates.FOUND)\n```\n\n'
        "```text\na\n  - 1: id 1, name 'x'\n```\n",
    ],
)
def test_a_page_that_is_not_so_is_found(shown, tmp_path, monkeypatch):
    monkeypatch.setattr("alembic_rekey.guide.trial.page", lambda _: f"# T\n\nAbout.\n\n{shown}")
    with pytest.raises(Untrue, match=r"x\.md, line \d+: "):
        Trial("x", tmp_path).run()


@pytest.mark.parametrize("name", PAGES)
def test_commands_within_sentences_can_be_written_so(name):
    prose = re.sub(r"(?ms)^```.*?^```$|<!--.*?-->", "", page(name))
    known = {"alembic": CommandLine("alembic").parser, "alembic-rekey": parser(defaultdict(lambda: id))}
    for line in re.findall(r"`(alembic(?:-rekey)? [^`]+)`", prose):
        program, *words = shlex.split(line.partition(" > ")[0])
        if "…" in line:
            continue
        with redirect_stdout(StringIO()) as said, redirect_stderr(said), suppress(SystemExit):
            for each in getattr(known[program].parse_args(words), "topics", ()):
                assert each == "TOPIC" or topic(each)
        # A sentence may leave out what has to be given.
        refused = re.findall(r"FAILED: .*|error: .*", said.getvalue())
        assert [] == [problem for problem in refused if "arguments are required" not in problem], line


PARTS = (Identity, References, Slots, Tags, Check)


def test_every_field_of_every_part_has_an_example():
    specs = [ast.parse(block.text) for block in blocks(page("declaring")) if block.role == "spec"]
    calls = [node for spec in specs for node in ast.walk(spec) if isinstance(node, ast.Call)]
    shown = {(ast.unparse(call.func), given.arg) for call in calls for given in call.keywords}
    assert set() == {(part.__name__, field.name) for part in PARTS for field in fields(part)} - shown


def test_every_word_that_a_spec_chooses_among_is_told():
    chosen = [kind for kind in vars(alembic_rekey).values() if inspect.isclass(kind) and issubclass(kind, Enum)]
    assert chosen
    told = page("declaring")
    words = {f"{kind.__name__}.{member.name}": member.name for kind in chosen for member in kind}
    assert [] == [full for full, name in words.items() if full not in told and f"`{name}`" not in told]


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    for link in re.findall(r"\]\(([^)\s#]+)\)", page(name)):
        assert link.startswith("https://") or (GUIDE / link).is_file(), link


def test_what_a_page_installs_is_there():
    extras = [extra for name in PAGES for extra in re.findall(r"pip install .*\[(\w+)\]", page(name))]
    assert {*extras} <= {*metadata("alembic-rekey").get_all("Provides-Extra")}
    assert extras


def test_the_pages_are_those_that_are_there():
    assert {path.stem for path in GUIDE.glob("*.md")} == {*PAGES}
    assert all(f"- `{name}`: " in listing() for name in PAGES)


def test_every_check_and_every_kind_of_refusal_has_a_heading():
    assert [] == [name for name in (*WORDING, *TOPICS, "autocommit_block") if not topic(name).startswith("#")]


def test_a_heading_of_the_refusals_is_a_check_or_a_kind_of_refusal():
    only_in_scripts = {"savepoints", "script_whole"}
    named = {name for names in re.findall(r"(?m)^### (.*)$", page("refusals")) for name in names.split(", ")}
    assert {*WORDING, *(TOPICS - {"settings"}), "setting", "autocommit_block", *only_in_scripts} == named


def test_every_check_ends_with_its_page():
    assert {name: words.remedy.rpartition(" More: ")[2] for name, words in WORDING.items()} == {
        name: f"alembic-rekey guide {name}" for name in WORDING
    }


@pytest.mark.parametrize("kind", [kind for kind in REFUSING if hasattr(kind, "topic")])
def test_every_other_refusal_ends_with_its_page(kind):
    wanted = inspect.signature(kind).parameters
    given = {"path": Path("x"), "problems": ["y"], "supported": ["z"], "recorded": [1], "wanted": 2}
    assert str(kind(**{name: given.get(name, "said") for name in wanted})).endswith(
        f" More: alembic-rekey guide {kind.topic}"
    )


def test_a_part_that_an_autocommit_block_committed_ends_with_its_page():
    assert errors.since_commit("nothing was changed.").endswith(" More: alembic-rekey guide autocommit_block")


@pytest.mark.parametrize("asked", ["rekey_key_not_unique_customer", "key_not_unique", "Key Not Unique"])
def test_a_check_is_found_as_a_script_names_it(asked):
    said = rekey_with("guide", asked)
    assert (0, "") == (said.status, said.err)
    assert said.out.startswith("### key_not_unique, key_is_null\n")
    assert "### name_of_several" not in said.out


def test_what_a_refusal_means_comes_before_what_else_stands_under_its_name():
    said = rekey_with("guide", "rekey_collision_state").out
    assert said.startswith("### collision\n")
    assert "\n## Collision\n" in said


def test_without_a_topic_the_pages_are_listed():
    assert (0, listing(), "") == tuple(vars(rekey_with("guide")).values())


def test_an_unknown_topic_is_refused_with_the_list():
    said = rekey_with("guide", "collusion")
    assert (1, "") == (said.status, said.out)
    assert said.err.startswith("FAILED: the guide has no topic 'collusion'.")
    assert all(name in said.err for name in PAGES)


def test_what_only_the_check_reads_is_not_shown():
    assert all("<!--" not in topic(name) for name in PAGES)

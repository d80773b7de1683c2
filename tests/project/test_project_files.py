"""Claims about `alembic-rekey init`: it writes what is missing where nobody has written anything else."""

import re
from difflib import SequenceMatcher
from types import SimpleNamespace

import pytest
from alembic.config import CommandLine

from alembic_rekey import environment
from alembic_rekey.project.environment_text import GIVEN_BY_US
from alembic_rekey.project.files import ENVIRONMENT_LINES, SETTING_LINES
from commands import rekey_with


def init(template):
    """`alembic init` in the current folder."""
    CommandLine("alembic").main(["--quiet", "init", "--template", template, "migrations"])


@pytest.fixture(params=["generic", "pyproject"])
def project(request, tmp_path, monkeypatch):
    """What `alembic init` makes, from both templates that run one database."""
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "alembic.ini"
    init(request.param)
    return SimpleNamespace(env=tmp_path / "migrations" / "env.py", ini=config)


def texts(project):
    return project.env.read_text("utf-8"), project.ini.read_text("utf-8")


def test_the_lines_are_written_once_and_what_was_there_stays(project):
    env, ini = texts(project)
    said = rekey_with("init")
    assert (0, "") == (said.status, said.err)
    assert f"{project.env}: written" in said.out
    assert "  + run(target_metadata)" in said.out
    way_on = said.out.partition("the way on:\n")[2].splitlines()
    assert ["revision --fold TABLE.COLUMN", "plan", "scan"] == [
        re.match(r"  alembic-rekey (.*?) +(-m|#)", line)[1] for line in way_on
    ]
    written = texts(project)
    assert written[0].endswith(ENVIRONMENT_LINES)
    head = env[: env.index("def run_migrations_offline")]
    assert written[0] == re.sub("from sqlalchemy import .*\n", "", head) + ENVIRONMENT_LINES
    assert ini == written[1].replace(f"\n{SETTING_LINES}", "", 1)
    assert (0, 2) == ((again := rekey_with("init")).status, again.out.count("nothing to do"))
    assert written == texts(project)


def test_what_a_person_wrote_above_stays(project):
    text = project.env.read_text("utf-8")
    mine = "from shop.models import Base\n\ntarget_metadata = Base.metadata\nmine = pool.NullPool\n"
    project.env.write_text(text.replace("target_metadata = None\n", mine, 1), "utf-8")
    assert 0 == rekey_with("init").status
    written = project.env.read_text("utf-8")
    assert mine in written
    assert "from sqlalchemy import pool\n" in written  # it is used


def test_an_environment_of_another_layout_is_recognised(project):
    text = project.env.read_text("utf-8")
    other = text.replace("connection=connection, target_metadata=target_metadata\n        ", "connection=connection,")
    assert other != text
    project.env.write_text(
        other.replace("connection=connection,)", "connection=connection,\n target_metadata=target_metadata)")
    )
    assert 0 == rekey_with("init").status
    assert project.env.read_text("utf-8").endswith(ENVIRONMENT_LINES)


def changed(before: bytes, after: bytes) -> tuple[int, set[bytes]]:
    """How many lines are gone, and the ends of those that are new."""
    there = {"before": before.splitlines(keepends=True), "after": after.splitlines(keepends=True)}
    matcher = SequenceMatcher(None, there["before"], there["after"], autojunk=False)
    edits = [edit for edit in matcher.get_opcodes() if edit[0] != "equal"]
    new = [line for _, _, _, start, end in edits for line in there["after"][start:end]]
    return sum(end - start for _, start, end, _, _ in edits), {line[len(line.rstrip()) :] for line in new}


FORMS = {
    "windows": (lambda raw: raw.replace(b"\n", b"\r\n"), {b"\r\n"}),
    "old mac": (lambda raw: raw.replace(b"\n", b"\r"), {b"\r"}),
    "unix": (lambda raw: raw, {b"\n"}),
}


@pytest.mark.parametrize("form", FORMS)
def test_only_new_lines_differ_and_they_end_as_the_others_do(project, form):
    """Case 36: every line was written anew."""
    to_form, ends = FORMS[form]
    for path in (project.env, project.ini):
        path.write_bytes(to_form(path.read_bytes()))
    before = project.ini.read_bytes(), project.env.read_bytes()
    assert 0 == rekey_with("init").status
    assert (0, ends) == changed(before[0], project.ini.read_bytes())
    # The environment lost what runs the migrations, and what only that used: everything above stays.
    above = before[1][: before[1].index(b"def run_migrations_offline")]
    gone, new = changed(above, project.env.read_bytes())
    assert (2, ends) == (gone, new)


def test_a_file_of_one_line_without_an_end_keeps_it(project):
    project.ini.write_bytes(b"[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = sqlite:///app.db")
    before = project.ini.read_bytes()
    assert 0 == rekey_with("init").status
    written = project.ini.read_bytes()
    assert (0, {b"\n"}) == changed(before, written)
    assert written.endswith(b"\nsqlalchemy.url = sqlite:///app.db")


def test_a_byte_order_mark_and_what_looks_like_a_line_end_stay(project):
    mine = 'mine = "\u2028\x0c\x85"\n'
    project.env.write_text("\ufeff" + mine + project.env.read_text("utf-8"), "utf-8")
    assert 0 == rekey_with("init").status
    written = project.env.read_text("utf-8")
    assert written.startswith("\ufeff" + mine)
    assert written.endswith(ENVIRONMENT_LINES)
    assert "run_migrations" not in written


EDITS = {
    "another way to connect": ("poolclass=pool.NullPool", "poolclass=pool.QueuePool"),
    "a further option": ("literal_binds=True,", "literal_binds=True, compare_type=True,"),
    "something behind the end": ("    run_migrations_online()\n", "    run_migrations_online()\nprint('done')\n"),
    "a choice of one's own": ("if context.is_offline_mode():", "if not context.is_offline_mode():"),
}


def edited(project, there, instead):
    text = project.env.read_text("utf-8")
    assert there in text
    at = text.rindex(there)
    text = text[:at] + instead + text[at + len(there) :]
    project.env.write_text(text, "utf-8")
    return text


def test_of_an_environment_of_windows_too(project):
    text = edited(project, "pool.NullPool", "pool.QueuePool")
    project.env.write_bytes(text.replace("\n", "\r\n").encode())
    assert 0 == rekey_with("init").status
    written = project.env.read_bytes()
    assert b"\r\n        run(connection=connection, target_metadata=target_metadata)\r\n" in written
    assert b"\n" not in written.replace(b"\r\n", b"")


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_of_an_environment_that_somebody_changed_only_the_calls_are_others(project, edit):
    text = edited(project, *edit)
    said = rekey_with("init")
    assert (0, "") == (said.status, said.err)
    assert "+         run(connection=connection, target_metadata=target_metadata)\n" in said.out
    written = project.env.read_text("utf-8")
    gone = [line.strip() for line in text.splitlines() if line.strip() and line.strip() not in written]
    assert {"context.configure(", "with context.begin_transaction():", "context.run_migrations()"} <= set(gone)
    assert all(
        re.match(r"context\.|with context|literal_binds|dialect_opts|target_metadata=|connection=|url=", one)
        for one in gone
    )
    assert edit[1] in written or edit[1].startswith("literal_binds=True, compare")
    assert "compare_type=True" in written or "compare_type" not in text
    again = rekey_with("init")
    assert (0, 2) == (again.status, again.out.count("nothing to do"))


NOT_PLAIN = {
    "a comment within": ("literal_binds=True,", "literal_binds=True,  # for the DBA"),
    "more in the transaction": (
        "            context.run_migrations()",
        "            context.execute('SELECT 1')\n            context.run_migrations()",
    ),
    "another name": ("context.configure(\n            connection", "here.configure(\n            connection"),
    "a run of its own": ("target_metadata = None", "target_metadata = None\nrun = target_metadata\nprint(run)"),
    "what is no Python": ("target_metadata = None", "target_metadata ="),
}


@pytest.mark.parametrize("edit", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_an_environment_of_which_it_is_not_plain_what_it_runs_is_left_and_the_lines_are_told(project, edit):
    edited(project, *edit)
    edited(project, "pool.NullPool", "pool.QueuePool")
    before = texts(project)
    said = rekey_with("init")
    assert (1, "") == (said.status, said.out)
    assert f"{project.env}" in said.err
    assert before == texts(project)
    if "cannot be read" not in said.err:
        for line in ENVIRONMENT_LINES.replace(
            "(target_metadata", "(target_metadata, connection=connection"
        ).splitlines():
            assert line in said.err


@pytest.mark.parametrize("given", ["transaction_per_migration=False", "transactional_ddl=True"])
def test_what_run_gives_alike_is_left_away(project, given):
    edited(project, "connection=connection,", f"connection=connection, {given},")
    said = rekey_with("init")
    assert (0, "") == (said.status, said.err)
    assert "        run(connection=connection, target_metadata=target_metadata)\n" in project.env.read_text("utf-8")


OTHERWISE = ("transaction_per_migration=True", "transactional_ddl=False", "literal_binds=False", "as_sql=True")


@pytest.mark.parametrize("given", OTHERWISE)
def test_what_run_gives_otherwise_is_to_be_struck_out_first(project, given):
    text = project.env.read_text("utf-8").replace("        literal_binds=True,\n", "")
    project.env.write_text(text, "utf-8")
    edited(project, "connection=connection,", f"connection=connection, {given},")
    before = texts(project)
    said = rekey_with("init")
    assert (1, "", before) == (said.status, said.out, texts(project))
    assert said.err.startswith(f"FAILED: {project.env} gives configure() {given}, which run() gives it otherwise;")
    assert "what to do: strike that out, and run this again" in said.err
    edited(project, f"{given},", "")
    assert 0 == rekey_with("init").status
    assert "run(connection=connection, target_metadata=target_metadata)" in project.env.read_text("utf-8")


def test_init_knows_every_argument_that_run_gives_itself():
    assert GIVEN_BY_US.keys() == environment._OURS.keys()


def test_a_configuration_without_a_url_gets_the_lines_below_the_name_of_its_section(project):
    project.ini.write_text(project.ini.read_text("utf-8").replace("sqlalchemy.url", "# sqlalchemy.url"), "utf-8")
    before = texts(project)[1]
    assert 0 == rekey_with("init").status
    assert before.replace("[alembic]\n", f"[alembic]\n\n{SETTING_LINES}", 1) == texts(project)[1]


def test_a_configuration_without_the_section_is_left_and_the_lines_are_told(project):
    project.ini.write_text(project.ini.read_text("utf-8").replace("[alembic]\n", "[other]\n"), "utf-8")
    if "script_location" not in project.ini.read_text("utf-8"):
        before = texts(project)
        said = rekey_with("init")
        assert (1, "") == (said.status, said.out)
        assert "has no section [alembic]" in said.err
        assert "rekey.registry = %(here)s/registry.json" in said.err
        assert before == texts(project)


def test_without_a_project_there_is_nothing_to_write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = rekey_with("init")
    assert 1 == said.status
    assert "FAILED: there is no configuration" in said.err

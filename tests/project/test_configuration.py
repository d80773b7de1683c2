"""Claims about a configuration that cannot be used: each command says which file, what is wrong and what to do."""

import pytest

import small
from commands import rekey_with
from databases import SQLiteDatabase

SCRIPTS = b"[alembic]\nscript_location = %(here)s/migrations\n"
BROKEN = {
    "an empty file": (b"", "has no section [alembic].", "let `alembic init FOLDER` write it"),
    "a section without its folder": (b"[alembic]\nx = 1\n", "names no script_location.", "let `alembic init FOLDER`"),
    "a mark": (b"\xef\xbb\xbf" + SCRIPTS, "File contains no section headers", "sed -i '1s/^\\xef\\xbb\\xbf//' "),
    "a section twice": (SCRIPTS + b"[alembic]\n", "section 'alembic' already exists.", "mend the line that is named"),
    "an option twice": (SCRIPTS + SCRIPTS[10:], "'script_location' in section 'alembic' already exists.", "mend the"),
    "a %": (b"[alembic]\nscript_location = %(x)s\n", "holds a % that stands for nothing.", "write %% for %."),
    "no folder": (b"[alembic]\nscript_location = none\n", "Path doesn't exist: none.", "mend what it names"),
    "no package": (b"[alembic]\nscript_location = none_such:x\n", "No module named 'none_such'.", "install it"),
    "no separator": (
        SCRIPTS + b"prepend_sys_path = .\npath_separator = x\n",
        "valid value for path_separator",
        "write one of these there",
    ),
    "no revisions": (
        SCRIPTS + b"path_separator = os\nversion_locations = none\n",
        "none should hold revisions",
        "correct version_locations",
    ),
}


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A project, in the folder that the commands run in."""
    monkeypatch.chdir(tmp_path)
    return small.make(SQLiteDatabase(tmp_path / "app.db"), tmp_path)


@pytest.mark.parametrize("case", BROKEN)
def test_a_configuration_that_cannot_be_used_is_refused_with_what_to_do(made, case):
    text, problem, remedy = BROKEN[case]
    file = made.config.with_name("other.ini")
    file.write_bytes(text)
    url = f"url=sqlite:///{made.config.with_name('app.db')}"
    for command in (["plan"], ["status"], ["revision", "-m", "x"]):
        said = rekey_with("-c", str(file), "-x", url, *command)
        assert (1, "") == (said.status, said.out)
        assert problem in said.err
        assert remedy in said.err.partition("what to do: ")[2]


def test_a_section_that_is_not_there_is_told_with_the_one_that_is(made):
    said = rekey_with("-c", str(made.config), "-n", "nosuch", "plan")
    assert 1 == said.status
    assert (
        f"FAILED: {made.config} has no section [nosuch].\n  what to do: name its section with -n: alembic." in said.err
    )


@pytest.mark.parametrize(("text", "problem"), [("[tool.alembic", "Expected ']'"), ("tool = 3", "is no table")])
def test_a_broken_pyproject_is_refused_by_its_name(made, text, problem):
    file = made.config.with_name("pyproject.toml")
    file.write_text(text, "utf-8")
    said = rekey_with("-c", str(made.config), "-c", str(file), "plan")
    assert 1 == said.status
    assert f"FAILED: {file} cannot be read: " in said.err
    assert problem in said.err


def test_a_file_that_cannot_be_made_is_told_and_none_is_left(made):
    folder = made.config.with_name("migrations")
    before = sorted((folder / "versions").iterdir())
    said = rekey_with("-c", str(made.config), "revision", "-m", "x")
    assert (1, "") == (said.status, said.out)
    assert f"FAILED: {folder / 'script.py.mako'}: No such file or directory.\n" in said.err
    assert "what to do: let this account write the folder of the revisions, and have script.py.mako" in said.err
    assert before == sorted((folder / "versions").iterdir())

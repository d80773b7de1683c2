"""Claims about a URL that leads nowhere: it is told with what to do; and a plan reads where an upgrade writes."""

import pytest

import small
from commands import rekey_with
from databases import SQLiteDatabase
from examples import alembic_here

NOWHERE = {
    "a closed port": ("postgresql+asyncpg://u:geheim@127.0.0.1:1/d", "check that the server runs and can be reached"),
    "no host": ("postgresql+asyncpg://u:geheim@nohost.invalid/d", "check that the server runs and can be reached"),
    "no port": ("postgresql+asyncpg://u:geheim@127.0.0.1:99999/d", "check the URL, and what stands behind"),
    "no socket": ("postgresql+asyncpg://u:geheim@/d?host=/nosuch", "check that the server runs and can be reached"),
    "an option": ("postgresql+asyncpg://u:geheim@127.0.0.1:1/d?foo=1", "check the URL, and what stands behind"),
    "another option": ("postgresql+pg8000://u:geheim@127.0.0.1:1/d?foo=1", "check the URL, and what stands behind"),
    "a value": ("sqlite:///app.db?timeout=x", "check the URL, and what stands behind"),
    "two slashes": ("sqlite://host/app.db", "write it like sqlite:///FILE, with three slashes"),
    "a folder": ("sqlite:///migrations", "check the path and the rights on the file and its folder"),
    "a long name": (f"sqlite:///{'a' * 300}", "check the path and the rights on the file and its folder"),
}
SAME = (
    "sqlite:///app.db?cache=shared",
    "sqlite:///app.db?mode=memory&immutable=1",
    "sqlite:///app.db?foo=1",
    "sqlite:///file:app.db?uri=true",
    "sqlite:///file:app.db?mode=rw&cache=shared&uri=true",
    "sqlite:///file:app.db",
    "sqlite:///file:mem?mode=memory&uri=true",
    "sqlite:///:memory:",
    "sqlite+aiosqlite:///app.db?cache=shared",
)
"""The database is there behind each, or behind none of both."""


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A project in the folder that the commands run in, with its database app.db there."""
    monkeypatch.chdir(tmp_path)
    return small.make(SQLiteDatabase(tmp_path / "app.db"), tmp_path)


@pytest.mark.parametrize("case", NOWHERE)
def test_a_database_that_cannot_be_reached_is_told_with_what_to_do(made, case):
    url, remedy = NOWHERE[case]
    said = rekey_with("-c", str(made.config), "-x", f"url={url}", "plan", "--no-report")
    ended = alembic_here("upgrade", "head", config=made.config, url=url)
    for status, err in ((said.status, said.err), (ended.code, ended.err)):
        assert 1 == status
        assert "FAILED: database " in err
        assert f"what to do: {remedy}" in err
        assert "geheim" not in err


@pytest.mark.filterwarnings("ignore:Query string argument:sqlalchemy.exc.SAWarning")
@pytest.mark.parametrize("url", SAME)
def test_a_plan_is_of_the_file_that_an_upgrade_is_of_and_makes_none(made, tmp_path, url):
    before = {*tmp_path.rglob("*")}
    said = rekey_with("-c", str(made.config), "-x", f"url={url}", "plan", "--check", "--no-report")
    assert before == {*tmp_path.rglob("*")}, said.err
    ended = alembic_here("upgrade", "head", config=made.config, url=url)
    assert ended.code == said.status, (ended.err, said.err)

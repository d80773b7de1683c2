"""A password is told nowhere: not printed, not logged, not reported, whether the server answers or not."""

import itertools
import logging
import os
import shutil
from urllib.parse import quote

import pytest
from sqlalchemy import make_url

from commands import rekey_here
from examples import ROOT, alembic_here, folded, prepared
from server import free_port

PASSWORD = "Zq9@x/7%k:Wv"
PARTS = ("Zq9", "x/7", "x%2F7", "7%k", "7%25k", "Wv")
"""Whatever of it is shown, in whatever encoding, one of these is."""

FORMS = ("postgres:{0}@127.0.0.1:{1}/{2}", "postgres@127.0.0.1:{1}/{2}?password={0}")
COMMANDS = (
    *("current", "upgrade head --sql", "plan", "plan --json", "upgrade head", "runs", "report", "restore-plan"),
    *("history", "downgrade head:-1 --sql", "downgrade -1"),
)
OWN = ("plan", "runs", "report", "restore-plan")


def everything_said(folder, ended, caplog):
    written = [path.name + path.read_text() for path in folder.rglob("*") if path.is_file() and path.suffix != ".ini"]
    return "\n".join((ended.out, ended.err, caplog.text, *written))


def run(command, database, registry, url):
    if command.split()[0] in OWN:
        return rekey_here(database, registry, *command.split(), x=[f"url={url}"])
    reports = registry.parent / "reports"
    return alembic_here(*command.split(), url=url, registry=registry, report_dir=reports)


def told(text):
    return [part for part in PARTS if part in text]


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("form", FORMS)
def test_no_command_tells_the_password_of_a_server_that_answers(database, tmp_path, caplog, form):
    registry = prepared(database, tmp_path, folded())
    url = "postgresql+psycopg://" + form.format(quote(PASSWORD, safe=""), database.server.port, database.name)
    with caplog.at_level(logging.DEBUG):
        for command in COMMANDS:
            ended = run(command, database, registry, url)
            assert getattr(ended, "code", None) or getattr(ended, "status", 0) == 0, ended
            assert told(everything_said(tmp_path, ended, caplog)) == [], command


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", [c for c in COMMANDS if "--sql" not in c and c != "history"])
def test_no_command_tells_the_password_of_a_server_that_does_not(tmp_path, caplog, form, command):
    registry = tmp_path / "registry.json"
    shutil.copy(ROOT / "alembic.ini", tmp_path)
    registry.write_text('{"projects": []}')
    url = "postgresql+psycopg://" + form.format(quote(PASSWORD, safe=""), free_port(), "nowhere")

    class Nothing:
        pass

    Nothing.url = url
    with caplog.at_level(logging.DEBUG):
        ended = run(command, Nothing, registry, url)
    assert "FAILED: " in ended.err
    assert told(everything_said(tmp_path, ended, caplog)) == []


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://u:{PASSWORD}@127.0.0.1/d",  # nobody encoded it
        "postgresql+psycopg://u:Zq9@7%k:Wv@127.0.0.1/d",
        "postgresql+psycopg://u:Zq9@127.0.0.1:54x2/d",
        "postgresql+psycopg://u:Zq9@h1:1,h2:2/d",
        "u:Zq9@127.0.0.1/d",
    ],
)
@pytest.mark.parametrize("command", ["upgrade head", "plan", "upgrade head --sql"])
def test_a_url_that_is_written_wrongly_is_refused_without_a_part_of_its_password(tmp_path, caplog, url, command):
    registry = tmp_path / "registry.json"

    class Nothing:
        pass

    Nothing.url = url
    ended = run(command, Nothing, registry, url)
    assert "FAILED: setting url: " in ended.err
    assert told(everything_said(tmp_path, ended, caplog)) == []


@pytest.mark.parametrize("command", ["upgrade head", "plan"])
def test_a_percent_sign_in_the_ini_file_is_refused_without_what_follows_it(tmp_path, capsys, command):
    ini = tmp_path / "alembic.ini"
    text = (ROOT / "alembic.ini").read_text().replace("%(here)s", str(ROOT))
    lines = [line for line in text.splitlines() if not line.startswith(("sqlalchemy.url", "rekey.env.url"))]
    position = lines.index("[alembic]") + 1
    ini.write_text(
        "\n".join([*lines[:position], "sqlalchemy.url = postgresql+psycopg://u:Zq9%40Wv@h/d", *lines[position:]])
    )
    if command == "plan":
        from alembic_rekey.cli import main

        status = main(["-c", str(ini), "plan"])
        said = "".join(capsys.readouterr())
    else:
        ended = alembic_here(*command.split(), config=ini, registry=tmp_path / "r.json")
        status, said = ended.code, ended.out + ended.err
    assert status == 1
    assert "write %% for %" in said
    assert "Traceback" not in said
    assert told(said) == []


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_program_gets_an_exception_that_does_not_tell_it_either(database, upgrade, tmp_path):
    from alembic_rekey.environment import Failed

    class Unreachable:
        url = make_url(database.url).set(password=PASSWORD, port=free_port()).render_as_string(hide_password=False)

    with pytest.raises(Failed) as raised:
        upgrade(Unreachable, tmp_path / "registry.json")
    error = raised.value
    while error is not None:
        assert told(f"{error} {error!r} {error.args}") == []
        error = error.__cause__


# The report: where somebody else may have put something.


@pytest.mark.slow
def test_links_that_somebody_planted_at_the_reports_names_are_not_followed(database, tmp_path, monkeypatch):
    from report.test_upgrade_report import _Frozen

    monkeypatch.setattr("alembic_rekey.settings.datetime", _Frozen)
    registry = prepared(database, tmp_path, folded())
    folder, elsewhere = tmp_path / "reports", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.write_text("mine")
    stem = "legacy-aliases-20260102T030405Z-1"
    for number, ending in itertools.product(("", "-2"), (".json", ".json.pending")):
        (folder / f"{stem}{number}{ending}").symlink_to(elsewhere)
    linked = tmp_path / "a link to the folder"  # the operator's own choice
    linked.symlink_to(folder)
    ended = alembic_here("upgrade", "head", url=database.url, registry=registry, report_dir=linked)
    assert ended.code == 0, ended.err
    assert elsewhere.read_text() == "mine"
    report = folder / f"{stem}-3.json"
    assert not report.is_symlink()
    assert report.stat().st_mode & 0o777 == 0o600
    assert '"applied"' in report.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["taken", "no hard links", "folder gone"])
def test_a_report_that_gets_no_name_after_the_commit_is_kept_and_the_upgrade_is_not_called_failed(
    database, tmp_path, monkeypatch, kind
):
    really = os.link

    def link(source, target, **named):
        if kind == "taken":
            target.write_text("mine")
        if kind == "no hard links":
            raise PermissionError(1, "Operation not permitted")
        if kind == "folder gone":
            shutil.rmtree(target.parent)
        really(source, target, **named)

    monkeypatch.setattr(os, "link", link)
    registry = prepared(database, tmp_path, folded())
    ended = alembic_here("upgrade", "head", url=database.url, registry=registry, report_dir=tmp_path / "reports")
    assert ended.code == 0
    assert "FAILED" not in ended.err
    assert database.rows("SELECT outcome FROM rekey_run") == [("applied",)]
    if kind == "no hard links":
        assert [path.suffix for path in (tmp_path / "reports").iterdir()] == [".json"]
        return
    assert "The upgrade is done and recorded; its report stays complete as " in ended.err
    if kind == "taken":
        assert {path.suffix for path in (tmp_path / "reports").iterdir()} == {".json", ".pending"}
        assert next((tmp_path / "reports").glob("*.json")).read_text() == "mine"

"""Claims about what a stranger installs: it is whole, it works without the checkout, and it knows no application."""

import json
import shutil
import sqlite3
import subprocess
import sys
import venv
import zipfile
from contextlib import closing
from email import message_from_bytes

import pytest

from conftest import ROOT
from server import clean_environment

pytestmark = pytest.mark.slow


def run(folder, *command):
    done = subprocess.run(
        [*map(str, command)],
        cwd=folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with the wheel and the source archive, built from a copy: building leaves files behind."""
    folder = tmp_path_factory.mktemp("build")
    leave = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", folder / "src", ignore=leave)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder)
    run(folder, sys.executable, "-m", "build", ".")
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(built):
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The programs of an environment in which the wheel and what it needs is all that there is."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder)
    run(folder, sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "-q", wheel)
    return folder / "bin"


def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_an_index_would_take_it(built):
    run(built, sys.executable, "-m", "twine", "check", "--strict", *built.iterdir())


def test_it_tells_what_an_index_shows(wheel):
    (told,) = [message_from_bytes(text) for name, text in contents(wheel).items() if name.endswith("/METADATA")]
    assert "MIT" == told["License-Expression"]
    assert told["Keywords"]
    assert told["Project-URL"]
    assert "Programming Language :: Python :: 3.11" in told.get_all("Classifier")


def test_pytest_and_a_shell_find_what_it_brings(wheel):
    (told,) = [text for name, text in contents(wheel).items() if name.endswith("/entry_points.txt")]
    assert b"[pytest11]\nalembic-rekey = alembic_rekey.pytest_plugin\n" in told
    assert b"[console_scripts]\nalembic-rekey = alembic_rekey.cli:program\n" in told


def test_it_holds_one_package_and_names_no_application(wheel):
    found = contents(wheel)
    assert {"alembic_rekey"} == {name.split("/")[0] for name in found if ".dist-info/" not in name}
    assert [] == [name for name, text in found.items() if b"atocore" in text.lower()]
    assert {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "alembic_rekey").rglob("*.*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != "README.md"
    } == {name for name in found if ".dist-info/" not in name}


def test_the_demo_goes_the_whole_way_outside_the_checkout(installed, tmp_path):
    said = run(tmp_path, installed / "alembic-rekey", "demo", "here")
    assert "What became of the rows" in said
    with closing(sqlite3.connect(tmp_path / "here" / "app.db")) as connection:
        assert [("p04-gigabit",), ("p05-interferometer",), ("p06-polisher",), ("unregistered",)] == (
            connection.execute("SELECT name FROM projects ORDER BY name").fetchall()
        )
    (report,) = (tmp_path / "here" / "reports").glob("projects-*Z-1.json")
    assert "apply" == json.loads(report.read_text("ascii"))["mode"]
    run(tmp_path, installed / "alembic", "-c", "here/alembic.ini", "downgrade", "base")


def test_a_new_project_has_no_database_by_default(installed, tmp_path):
    run(tmp_path, installed / "alembic", "init", "migrations")
    run(tmp_path, installed / "alembic-rekey", "init")
    ini = tmp_path / "alembic.ini"
    lines = [line for line in ini.read_text("utf-8").splitlines() if not line.startswith("sqlalchemy.url")]
    ini.write_text("\n".join(lines), "utf-8")
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run([installed / "alembic-rekey", "plan"], cwd=tmp_path, capture_output=True, check=False)
    assert 1 == done.returncode
    assert b"FAILED: setting url: no database is named." in done.stderr
    assert before == [path for path in sorted(tmp_path.rglob("*")) if "__pycache__" not in path.parts]


def test_it_tells_its_version(installed, wheel, tmp_path):
    said = run(tmp_path, installed / "alembic-rekey", "--version")
    assert said.startswith(f"alembic-rekey {wheel.name.split('-')[1]} (alembic ")

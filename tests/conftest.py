"""What every test may ask for: a server, a database of either kind, and ways to run the commands on it."""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Protocol

OTHER_SQLITE = Path(__file__).parent / "kit" / "other_sqlite"
if os.environ.get("REKEY_SQLITE"):
    # Before anything loads SQLite; the processes that tests start find it on their path.
    runpy.run_path(str(OTHER_SQLITE / "sitecustomize.py"))
    os.environ["PYTHONPATH"] = str(OTHER_SQLITE)

# To be imported and collected makes no garbage; `pytest_collection_finish` begins again.
gc.disable()

import pytest
from alembic import command
from alembic.config import Config

import chromium
from asked import TURNS, asked
from databases import DIALECTS, Database, SQLiteDatabase
from in_memory import keep_files_in_memory
from reuse import Databases
from server import Server, clean_environment

keep_files_in_memory()

ROOT = Path(__file__).resolve().parent.parent
COMMAND_PATIENCE_SECONDS = 180

collect_ignore = [] if chromium.COLLECTED else ["show/test_page_browser.py", "show/test_page_decides.py"]
numbers = itertools.count(1)


class Runner(Protocol):
    """Runs a command in a process of its own, on one database."""

    def __call__(
        self,
        database: Database,
        *arguments: str,
        registry: Path | None = None,
        x: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]: ...


class Migration(Protocol):
    """Runs a migration in this process; `x` are further settings. Raises what Alembic raises."""

    def __call__(self, database: Database, registry: Path, revision: str = ..., **x: str) -> None: ...


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """The machine's own settings must not reach what runs in this process."""
    with pytest.MonkeyPatch.context() as environment:
        for name in set(os.environ) - set(clean_environment()):
            environment.delenv(name)
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One PostgreSQL server for this process; a failure to start it is an error, never a skip."""
    running = Server.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def databases(server: Server) -> Iterator[Databases]:
    """The databases of the server, each for one test after the other."""
    lending = Databases(server)
    yield lending
    lending.close()


@contextmanager
def _database(request: pytest.FixtureRequest, folder: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        file = SQLiteDatabase(folder / f"atocore-{next(numbers)}.db")
        yield file
        file.close()
        return
    databases: Databases = request.getfixturevalue("databases")
    lent = databases.lend()
    yield lent
    databases.take_back(lent)


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with nothing in it, on either kind of server, for one test."""
    with _database(request, tmp_path) as made:
        yield made


@pytest.fixture(scope="module", params=DIALECTS)
def reused_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database for tests that run many examples: each example calls `reset` first."""
    with _database(request, tmp_path_factory.mktemp("database")) as made:
        yield made


@pytest.fixture
def registry_path(tmp_path: Path) -> Path:
    """Where the runners look for the registry unless they are told otherwise; not written yet."""
    return tmp_path / "project-registry.json"


@pytest.fixture
def report_dir(tmp_path: Path) -> Path:
    """Where the runners let reports be written; not created yet."""
    return tmp_path / "reports"


def _runner(module: str, folder: Path, registry_path: Path, report_dir: Path) -> Runner:
    def run(
        database: Database,
        *arguments: str,
        registry: Path | None = None,
        x: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        settings = [
            f"url={database.url}",
            f"registry={registry or registry_path}",
            f"report_dir={report_dir}",
            *x,
        ]
        options = [option for setting in settings for option in ("-x", setting)]
        return subprocess.run(
            [sys.executable, "-m", module, "-c", ROOT / "alembic.ini", *options, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            cwd=folder,
            env=clean_environment(env),
            timeout=COMMAND_PATIENCE_SECONDS,
            check=False,
        )

    return run


@pytest.fixture
def alembic(tmp_path: Path, registry_path: Path, report_dir: Path) -> Runner:
    """Runs `alembic` as an operator does: a process of its own, in a folder that is not the repository."""
    return _runner("alembic", tmp_path, registry_path, report_dir)


@pytest.fixture
def rekey(tmp_path: Path, registry_path: Path, report_dir: Path) -> Runner:
    """Runs `alembic-rekey` the same way."""
    return _runner("alembic_rekey.cli", tmp_path, registry_path, report_dir)


def _configuration(database: Database, registry: Path, report_dir: Path, x: Mapping[str, str]) -> Config:
    settings = {"url": database.url, "registry": registry, "report_dir": report_dir, **x}
    options = argparse.Namespace(x=[f"{name}={value}" for name, value in settings.items()])
    return Config(str(ROOT / "alembic.ini"), stdout=StringIO(), cmd_opts=options)


@pytest.fixture(scope="session")
def upgrade(tmp_path_factory: pytest.TempPathFactory) -> Migration:
    """`alembic upgrade` within this process, for tests that run it hundreds of times."""
    reports = tmp_path_factory.mktemp("reports")

    def run(database: Database, registry: Path, revision: str = "head", **x: str) -> None:
        command.upgrade(_configuration(database, registry, reports, x), revision)

    return run


@pytest.fixture(scope="session")
def downgrade(tmp_path_factory: pytest.TempPathFactory) -> Migration:
    """`alembic downgrade` within this process."""
    reports = tmp_path_factory.mktemp("reports")

    def run(database: Database, registry: Path, revision: str = "-1", **x: str) -> None:
        command.downgrade(_configuration(database, registry, reports, x), revision)

    return run


def pytest_collection_modifyitems(config, items):
    """Leave out what is not asked this time, and start with the tests that take longest.

    At the end one worker would run them while the others wait.
    """
    kept, left = asked(items, os.environ)
    if left:
        config.hook.pytest_deselected(items=left)
    items[:] = sorted(kept, key=lambda item: "property" not in item.path.name and item.path.name != "test_guide.py")


def pytest_collection_finish():
    """Let the collector of garbage look at what a test makes, not at all that was imported: a sixth of the time.

    What was imported has kept its bytecode. A revision that a test writes twice within a second must not: what ran
    would be the first one, were both of one length.
    """
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def pytest_terminal_summary(terminalreporter):
    """Say what was left out where it is read: at the end, and even with -q."""
    if turn := os.environ.get("REKEY_TURN"):
        terminalreporter.write_line(f"of the slow tests these were turn {turn} of {TURNS} (REKEY_TURN)", bold=True)
    if not chromium.COLLECTED:
        terminalreporter.write_line(chromium.MISSING, yellow=True, bold=True)

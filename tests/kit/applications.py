"""Applications from PyPI on databases of their own making, and a project beside them that folds what is in there.

Each application runs in an environment of its own, which `tests/apps/prepare.sh` makes; none of it is imported here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from databases import Database
from declared import Declared
from server import clean_environment
from whole_database import Content, schema_of, whole

__all__ = [
    "APPS",
    "ENVIRONMENT",
    "Application",
    "ThereAndBack",
    "application",
    "beside",
    "content_of",
    "there_and_back",
]

APPS = Path(__file__).resolve().parents[1] / "apps"
PATIENCE_SECONDS = 180
VERSIONS = "rekey_alembic_version"
"""Our own table of versions: the application's is called `alembic_version`, and stays as it is."""

QUIET = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""Nobody is told of a test, nothing is written after a command ended."""

_INI = """\
[alembic]
script_location = %(here)s/migrations
path_separator = os
rekey.registry = %(here)s/names.json
rekey.report_dir = %(here)s/reports
"""
ENVIRONMENT = f"""\
from alembic_rekey.environment import run

run(version_table={VERSIONS!r})
"""


@dataclass(frozen=True)
class Application:
    """One application: its environment, and the folder where it works."""

    name: str
    environment: Path
    folder: Path

    def run(self, program: str, *arguments: object) -> str:
        """Runs one of the programs that came with it; what it printed."""
        ran = subprocess.run(
            [self.environment / "bin" / program, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            cwd=self.folder,
            env=clean_environment({"HOME": str(self.folder), **QUIET}),
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert 0 == ran.returncode, f"{program} {arguments}\n{ran.stdout[-2000:]}\n{ran.stderr[-4000:]}"
        return ran.stdout

    def inside(self, *arguments: object) -> str:
        """Runs our few lines over its API; what they printed."""
        return self.run("python", APPS / "inside" / f"in_{self.name}.py", *arguments)

    def tell(self, place: str) -> dict[str, Any]:
        """What its API sees in the database that it knows by `place`."""
        return json.loads(self.inside("tell", place))


def application(name: str, folder: Path) -> Application | None:
    """The application in the environments that REKEY_APPS names; None where it names none.

    Raises:
        FileNotFoundError: where the version that is pinned is not installed there.
    """
    prepared = os.environ.get("REKEY_APPS")
    if not prepared:
        return None
    pins = (APPS / "pins" / f"{name}.txt").read_text("ascii").splitlines()
    (version,) = (pin.partition("==")[2] for pin in pins if pin.startswith(f"{name}=="))
    environment = Path(prepared) / name
    if not list(environment.glob(f"lib/python3.*/site-packages/{name}-{version}.dist-info")):
        raise FileNotFoundError(f"{environment} has no {name} {version}: run tests/apps/prepare.sh {prepared}")
    work = folder / name
    work.mkdir()
    return Application(name, environment, work)


def beside(database: Database, folder: Path, fold: str, names: Mapping[str, Mapping[str, Iterable[str]]]) -> Declared:
    """A project beside the application's: its revision is `tests/apps/folds/FOLD.py`, its registry holds `names`."""
    project = folder / fold
    versions = project / "migrations" / "versions"
    versions.mkdir(parents=True)
    shutil.copy(APPS / "folds" / f"{fold}.py", versions)
    (project / "alembic.ini").write_text(_INI, "utf-8")
    (project / "migrations" / "env.py").write_text(ENVIRONMENT, "utf-8")
    lists = {
        name: [{"id": canonical, "aliases": list(aliases)} for canonical, aliases in entries.items()]
        for name, entries in names.items()
    }
    (project / "names.json").write_text(json.dumps(lists), "utf-8")
    return Declared(database, project)


@dataclass(frozen=True)
class ThereAndBack:
    """What was seen on the way: each plan as a document, and what the API saw before and while the fold stood."""

    plans: list[dict[str, Any]]
    before: dict[str, Any]
    folded: dict[str, Any]


def there_and_back(app: Application, place: str, project: Declared) -> ThereAndBack:
    """Plans, then upgrades and downgrades, in a process and by script; each table is then as it was, to the byte."""
    database = project.database
    before = app.tell(place)
    content, schema = content_of(database), schema_of(database)
    planned = project.rekey("plan", "--json")
    assert (0, content) == (planned.status, content_of(database)), planned
    folded = []
    for go in (_go, _go_by_script):
        go(project, "upgrade", "head")
        folded.append(app.tell(place))
        go(project, "downgrade", "base")
        after = content_of(database)
        assert content.keys() == after.keys()
        for name, was in content.items():
            assert was == after[name], name
        assert schema == schema_of(database)
    assert before == app.tell(place)
    online, by_script = folded
    assert online == by_script
    return ThereAndBack(_documents(planned.out), before, online)


def _go(project: Declared, direction: str, revision: str) -> None:
    ended = project.alembic(direction, revision)
    assert 0 == ended.code, ended.err


def _go_by_script(project: Declared, direction: str, revision: str) -> None:
    script = project.script(revision if direction == "upgrade" else f"head:{revision}", direction)
    ran = project.database.run_script(script)
    assert 0 == ran.returncode, ran.stderr[-4000:]


def _documents(said: str) -> list[dict[str, Any]]:
    """One document for each fold that is pending."""
    found = []
    while said := said.lstrip():
        document, end = json.JSONDecoder().raw_decode(said)
        found.append(document)
        said = said[end:]
    return found


def content_of(database: Database) -> dict[str, Content]:
    """Every table that is not ours, the application's own table of versions too."""
    return {name: content for name, content in whole(database).items() if not name.startswith("rekey_")}

"""Folds that the machine drafts from a database: made by the command, and changed as a person changes them."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from alembic_rekey import Spec
from databases import Database
from declared import ENVIRONMENT, INI, Declared

__all__ = ["Drafted", "draft", "empty_project"]

_TEMPLATE = '"""${message}"""\nrevision = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\n'
_TODO = re.compile(r"^    todo=\(.*?^    \),\n|^    todo=\([^\n]*\),\n", re.MULTILINE | re.DOTALL)


_DECISIONS = """

from dataclasses import replace

from alembic_rekey import Differing, Itself

spec = replace(
    spec,
    identity=replace(spec.identity, itself=Itself.SET_NULL),
    slots=tuple(replace(one, differing=Differing.CANONICAL, itself=Itself.DELETE) for one in spec.slots),
    references=tuple(
        replace(one, itself=Itself.DELETE if len(one.owners) > 1 else Itself.REFUSE) for one in spec.references
    ),
)
"""


@dataclass(frozen=True)
class Drafted:
    """A project with the revision that was written, and what was said of it."""

    project: Declared
    path: Path
    said: str

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def questions(self) -> list[str]:
        """What stands in `todo`."""
        found = _TODO.search(self.text)
        return [] if found is None else list(eval(found[0].strip().removeprefix("todo=").rstrip(",")))

    @property
    def specs(self) -> list[Spec]:
        """What the file declares."""
        return [each for each in runpy.run_path(str(self.path)).values() if isinstance(each, Spec)]

    def struck_out(self) -> None:
        """Strikes every question out, as a person does who has decided that the draft is right."""
        self.path.write_text(_TODO.sub("", self.text), "utf-8")

    def decided(self) -> None:
        """Decides what the guard asks a person: the survivor's value stays, nothing refers to itself."""
        self.path.write_text(self.text + _DECISIONS, "utf-8")


def empty_project(
    database: Database, folder: Path, names: Mapping[str, Mapping[object, Iterable[object]]] | None = None
) -> Declared:
    """A project without revisions; `names` are the lists of its registry, which is not there without them."""
    project = folder / "drafted"
    (project / "migrations" / "versions").mkdir(parents=True)
    (project / "alembic.ini").write_text(INI, "utf-8")
    (project / "migrations" / "env.py").write_text(ENVIRONMENT, "utf-8")
    (project / "migrations" / "script.py.mako").write_text(_TEMPLATE, "utf-8")
    if names is not None:
        lists = {
            listed: [{"id": name, "aliases": list(aliases)} for name, aliases in entries.items()]
            for listed, entries in names.items()
        }
        (project / "names.json").write_text(json.dumps(lists), "utf-8")
    return Declared(database, project)


def draft(made: Declared, fold: str, *arguments: str, number: str = "0001") -> Drafted:
    """`alembic-rekey revision --fold FOLD`, which must succeed."""
    said = made.rekey("revision", "--fold", fold, *arguments, "-m", "drafted", "--rev-id", number)
    assert 0 == said.status, said.err
    return Drafted(made, Path(said.out.strip()), said.err)

"""A project of two revisions whose spec is that of the case at hand, and how it is carried out and taken back."""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config

from alembic_rekey.environment import Failed
from alembic_rekey.errors import RekeyError
from alembic_rekey.spec import Spec
from commands import Said, rekey_with
from databases import Database
from fuzzed_cases import Case
from legacy import write_registry

__all__ = ["REGISTRY", "FuzzedProject", "make_project", "spec_at_hand"]

REGISTRY = {"polisher": ["p06", "pol"], "Größe": ["gr"], "it's :x 100%": ['quo"te']}
ENVIRONMENT = """
import alembic_rekey.operations
from alembic_rekey.environment import run

run()
"""
SIDE_TABLES = """
from alembic import op
from fuzzed_project import spec_at_hand

revision, down_revision = "0001", None
spec = spec_at_hand("0002")


def upgrade():
    op.create_side_tables(spec)


def downgrade():
    op.drop_side_tables(spec)
"""
FOLD = """
from alembic import op
from fuzzed_project import spec_at_hand

revision, down_revision = "0002", "0001"
spec = spec_at_hand(revision)


def upgrade():
    op.rekey(spec)


def downgrade():
    op.restore(spec)
"""

_at_hand: list[Case] = []


def spec_at_hand(revision: str) -> Spec:
    """The spec of the case that is being tried: what the revisions of this project declare."""
    return _at_hand[-1].spec(revision)


@dataclass(frozen=True)
class FuzzedProject:
    """The folder of the project, and the database."""

    database: Database
    folder: Path

    @contextmanager
    def of(self, case: Case) -> Iterator[None]:
        """Lets the revisions declare what the case does."""
        _at_hand.append(case)
        try:
            yield
        finally:
            _at_hand.clear()

    def upgrade(self) -> str | None:
        """Carries the fold out; returns what a refusal says, None if there is none."""
        return self._run(command.upgrade, "head", "head")

    def downgrade(self, to: str = "base", **x: object) -> str | None:
        """Takes it back, side tables and all unless `to` is their revision; returns what a refusal says."""
        return self._run(command.downgrade, to, f"0002:{to}", **x)

    def restore_plan(self) -> Said:
        """`alembic-rekey restore-plan --check` of what was folded."""
        return rekey_with("-c", str(self.folder / "alembic.ini"), "-x", f"url={self._url}", "restore-plan", "--check")

    def check(self) -> Said:
        """`alembic-rekey plan --check` of what is to be folded."""
        return rekey_with("-c", str(self.folder / "alembic.ini"), "-x", f"url={self._url}", "plan", "--check")

    @property
    def _url(self) -> str:
        account = _at_hand[-1].account
        return self.database.url if account is None else self.database.url.replace("postgres@", f"{account}@", 1)

    def _run(self, carry_out, revision: str, script_range: str, **x: object) -> str | None:
        case = _at_hand[-1]
        output = io.StringIO()
        options = argparse.Namespace(x=[f"url={self._url}", *(f"{name}={value}" for name, value in x.items())])
        config = Config(str(self.folder / "alembic.ini"), stdout=output, output_buffer=output, cmd_opts=options)
        try:
            if not case.by_script:
                carry_out(config, revision)
                return None
            carry_out(config, script_range, sql=True)
        except (RekeyError, Failed) as refusal:
            return str(refusal)
        script = output.getvalue().encode()
        ended = (
            self.database.run_script(script) if case.account is None else self.database.server.psql(self._url, script)
        )
        return None if ended.returncode == 0 else f"exit {ended.returncode}: {ended.stderr.decode(errors='replace')}"


def make_project(database: Database, folder: Path) -> FuzzedProject:
    """Writes the project's files."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "migrations" / "env.py").write_text(ENVIRONMENT, "utf-8")
    (versions / "0001_side_tables.py").write_text(SIDE_TABLES, "utf-8")
    (versions / "0002_fold.py").write_text(FOLD, "utf-8")
    settings = ("script_location = %(here)s/migrations", "path_separator = os", "rekey.registry = %(here)s/names.json")
    text = "\n".join(["[alembic]", *settings, "rekey.report_dir = %(here)s/reports"])
    (folder / "alembic.ini").write_text(text + "\n", "utf-8")
    write_registry(folder / "names.json", REGISTRY, "shops")
    return FuzzedProject(database, folder)

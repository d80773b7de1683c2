"""`alembic-rekey` within this process, for tests that run it often; the fixture `rekey` runs the real command."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic_rekey.cli import main
from databases import Database

__all__ = ["Said", "rekey_here", "rekey_with"]

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output as the one JSON document that it holds."""
        return json.loads(self.out)


def rekey_here(
    database: Database, registry: Path, *arguments: str, x: Sequence[str] = (), reports: Path | None = None
) -> Said:
    """Runs one command; reports go to `reports`, else to a folder beside the registry."""
    settings = [
        f"url={database.url}",
        f"registry={registry}",
        f"report_dir={reports or registry.parent / 'reports'}",
        *x,
    ]
    options = [word for setting in settings for word in ("-x", setting)]
    return rekey_with("-c", str(ROOT / "alembic.ini"), *options, *arguments)


def rekey_with(*arguments: str) -> Said:
    """Runs one command with these arguments and no others."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(arguments)
    return Said(status, out.getvalue(), err.getvalue())

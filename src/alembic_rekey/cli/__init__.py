"""The command `alembic-rekey`: parse, call, print."""

from __future__ import annotations

from alembic_rekey.cli.commands import main, program

__all__ = ["main", "program"]

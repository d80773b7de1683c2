"""`op.rekey`, `op.restore`, `op.create_side_tables` and their like, registered by importing this package."""

from __future__ import annotations

from alembic_rekey.operations.fold import Rekey
from alembic_rekey.operations.restore import Restore
from alembic_rekey.operations.tables import CreateSideTables, DropEmptyTables, DropSideTables

__all__ = ["CreateSideTables", "DropEmptyTables", "DropSideTables", "Rekey", "Restore"]

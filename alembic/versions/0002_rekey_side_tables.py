"""Make the side tables: runs, counts, the registry as a run saw it, a journal per table; DDL only.

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-22

A journal takes the shape that its table has in the database, columns unknown here included.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import alembic_rekey.operations  # noqa: F401  # registers op.create_side_tables

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

TABLES = tuple(sa.Table(name, sa.MetaData()) for name in ("projects", "project_state", "memories", "interactions"))


def upgrade() -> None:
    """Create the side tables, the four journals, and the table of created projects."""
    op.create_side_tables(TABLES, identities=TABLES[:1])


def downgrade() -> None:
    """Drop them; refuse while a run that was not restored needs its journal."""
    op.drop_side_tables(TABLES, identities=TABLES[:1])

"""Adopt the application's tables, and create the ones that are missing.

Revision ID: 0001
Revises:
Create Date: 2026-11-22

A database that the application made itself needs no `alembic stamp`: what is there stays as it is,
with columns and tables that are unknown here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import alembic_rekey.operations  # noqa: F401  # registers op.drop_empty_tables

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

TABLES = tuple(sa.Table(name, sa.MetaData()) for name in ("interactions", "memories", "project_state", "projects"))


def upgrade() -> None:
    """Create each table that the database does not have."""
    now = sa.func.current_timestamp()
    op.create_table(
        "projects",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("description", sa.Text, server_default=""),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now),
        if_not_exists=True,
    )
    op.create_table(
        "project_state",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("project_id", sa.Text, sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("source", sa.Text, server_default=""),
        sa.Column("confidence", sa.Float, server_default="1.0"),
        sa.Column("status", sa.Text, nullable=False, server_default="active"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now),
        sa.UniqueConstraint("project_id", "category", "key"),
        if_not_exists=True,
    )
    op.create_table(
        "memories",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("memory_type", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("project", sa.Text, server_default=""),
        sa.Column("confidence", sa.Float, server_default="1.0"),
        sa.Column("status", sa.Text, nullable=False, server_default="active"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now),
        if_not_exists=True,
    )
    op.create_table(
        "interactions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("response", sa.Text, server_default=""),
        sa.Column("client", sa.Text, server_default=""),
        sa.Column("session_id", sa.Text, server_default=""),
        sa.Column("project", sa.Text, server_default=""),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now),
        if_not_exists=True,
    )


def downgrade() -> None:
    """Drop the tables if all of them are empty, and refuse otherwise."""
    op.drop_empty_tables(TABLES)

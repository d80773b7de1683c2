"""The application's tables as they are today, for `alembic check`; revisions declare their own."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Float, ForeignKey, MetaData, Table, Text, UniqueConstraint, func

__all__ = ["metadata"]

metadata = MetaData()

Table(
    "projects",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text, server_default=""),
    Column("created_at", DateTime(timezone=True), server_default=func.current_timestamp()),
    Column("updated_at", DateTime(timezone=True), server_default=func.current_timestamp()),
)

Table(
    "project_state",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("category", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("source", Text, server_default=""),
    Column("confidence", Float, server_default="1.0"),
    Column("status", Text, nullable=False, server_default="active"),
    Column("created_at", DateTime(timezone=True), server_default=func.current_timestamp()),
    Column("updated_at", DateTime(timezone=True), server_default=func.current_timestamp()),
    UniqueConstraint("project_id", "category", "key"),
)

Table(
    "memories",
    metadata,
    Column("id", Text, primary_key=True),
    Column("memory_type", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("project", Text, server_default=""),
    Column("confidence", Float, server_default="1.0"),
    Column("status", Text, nullable=False, server_default="active"),
    Column("created_at", DateTime(timezone=True), server_default=func.current_timestamp()),
    Column("updated_at", DateTime(timezone=True), server_default=func.current_timestamp()),
)

Table(
    "interactions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("prompt", Text, nullable=False),
    Column("response", Text, server_default=""),
    Column("client", Text, server_default=""),
    Column("session_id", Text, server_default=""),
    Column("project", Text, server_default=""),
    Column("created_at", DateTime(timezone=True), server_default=func.current_timestamp()),
)

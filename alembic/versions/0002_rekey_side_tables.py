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
from alembic_rekey.spec import Identity, Slots, Spec, Tags

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

# What a journal needs to know of its table: the key.
_frozen = sa.MetaData()
_projects = sa.Table("projects", _frozen, sa.Column("id", sa.Text), sa.Column("name", sa.Text))
_state = sa.Table("project_state", _frozen, sa.Column("id", sa.Text), sa.Column("project_id", sa.Text))
_memories = sa.Table("memories", _frozen, sa.Column("id", sa.Text), sa.Column("project", sa.Text))
_interactions = sa.Table("interactions", _frozen, sa.Column("id", sa.Text), sa.Column("project", sa.Text))

spec = Spec(
    revision="0003",
    identity=Identity(noun="project", key=_projects.c.id, name=_projects.c.name),
    slots=(Slots(noun="state", key=_state.c.id, owners=(_state.c.project_id,)),),
    tags=(
        Tags(noun="memory", key=_memories.c.id, tag=_memories.c.project),
        Tags(noun="interaction", key=_interactions.c.id, tag=_interactions.c.project),
    ),
)


def upgrade() -> None:
    """Create the side tables, the four journals, and the table of created projects."""
    op.create_side_tables(spec)


def downgrade() -> None:
    """Drop them; refuse while a run that was not restored needs its journal."""
    op.drop_side_tables(spec)

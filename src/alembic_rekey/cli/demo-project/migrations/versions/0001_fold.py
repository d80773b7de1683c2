"""Make the side tables, and fold the rows that were written under an alias into their canonical project.

Revision ID: 0001
Revises:
Create Date: 2026-11-22
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from alembic_rekey import Identity, Slots, Spec, Tags

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

# Every column that the application writes: a downgrade compares them to see what was edited since.
_frozen = sa.MetaData()
_time = sa.DateTime(timezone=True)

projects = sa.Table(
    "projects",
    _frozen,
    sa.Column("id", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("created_at", _time),
    sa.Column("updated_at", _time),
)
project_state = sa.Table(
    "project_state",
    _frozen,
    sa.Column("id", sa.Text),
    sa.Column("project_id", sa.Text),
    sa.Column("category", sa.Text),
    sa.Column("key", sa.Text),
    sa.Column("value", sa.Text),
    sa.Column("source", sa.Text),
    sa.Column("confidence", sa.Float),
    sa.Column("status", sa.Text),
    sa.Column("created_at", _time),
    sa.Column("updated_at", _time),
)
memories = sa.Table(
    "memories",
    _frozen,
    sa.Column("id", sa.Text),
    sa.Column("memory_type", sa.Text),
    sa.Column("content", sa.Text),
    sa.Column("project", sa.Text),
    sa.Column("confidence", sa.Float),
    sa.Column("status", sa.Text),
    sa.Column("created_at", _time),
    sa.Column("updated_at", _time),
)
interactions = sa.Table(
    "interactions",
    _frozen,
    sa.Column("id", sa.Text),
    sa.Column("prompt", sa.Text),
    sa.Column("response", sa.Text),
    sa.Column("client", sa.Text),
    sa.Column("session_id", sa.Text),
    sa.Column("project", sa.Text),
    sa.Column("created_at", _time),
)

spec = Spec(
    revision=revision,
    identity=Identity(
        noun="project",
        key=projects.c.id,
        name=projects.c.name,
        created_at=projects.c.created_at,
        updated_at=projects.c.updated_at,
        created={"description": "created by the fold"},
    ),
    slots=(
        Slots(
            noun="state",
            key=project_state.c.id,
            owners=(project_state.c.project_id,),
            slot=(project_state.c.category, project_state.c.key),
            value=project_state.c.value,
            status=project_state.c.status,
            updated_at=project_state.c.updated_at,
        ),
    ),
    tags=(
        Tags(
            noun="memory",
            key=memories.c.id,
            tag=memories.c.project,
            agree=(memories.c.memory_type, memories.c.content, memories.c.status),
            status=memories.c.status,
            updated_at=memories.c.updated_at,
        ),
        Tags(noun="interaction", key=interactions.c.id, tag=interactions.c.project),
    ),
)


def upgrade() -> None:
    """Plan, guard, apply, verify and record, in the transaction of the upgrade."""
    op.create_side_tables(spec)
    op.rekey(spec)


def downgrade() -> None:
    """Put every row back from the journal."""
    op.restore(spec)
    op.drop_side_tables(spec)

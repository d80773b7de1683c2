"""Fold tags that differ in case only, within their vocabulary: the one on most packages stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import alembic_rekey.operations  # noqa: F401  # registers op.rekey
from alembic_rekey import Duplicates, Identity, Slots, Spec, most

revision: str = "tags"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

_frozen = sa.MetaData()

tags = sa.Table(
    "tag",
    _frozen,
    sa.Column("id", sa.Text),
    sa.Column("name", sa.String(100)),
    sa.Column("vocabulary_id", sa.String(100)),
)
package_tags = sa.Table(
    "package_tag",
    _frozen,
    sa.Column("id", sa.Text),
    sa.Column("state", sa.Text),
    sa.Column("package_id", sa.Text),
    sa.Column("tag_id", sa.Text),
)

spec = Spec(
    revision=revision,
    identity=Identity(
        noun="tag",
        key=tags.c.id,
        name=tags.c.name,
        duplicates=Duplicates.FOUND,
        match=sa.func.lower(tags.c.name),
        within=(tags.c.vocabulary_id,),
        survivor=(most(package_tags.c.tag_id),),
    ),
    slots=(
        Slots(
            noun="use",
            key=package_tags.c.id,
            owners=(package_tags.c.tag_id,),
            slot=(package_tags.c.package_id,),
            status=package_tags.c.state,
        ),
    ),
)


def upgrade() -> None:
    """Fold."""
    op.create_side_tables(spec)
    op.rekey(spec)


def downgrade() -> None:
    """Put every row back."""
    op.restore(spec)
    op.drop_side_tables(spec)

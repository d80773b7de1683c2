"""Fold registered models whose names differ in case. Their key is (workspace, name): children refer to the name.

A version that was deleted keeps its row, with a stage that says so; a live one of the same number takes its place.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import alembic_rekey.operations  # noqa: F401  # registers op.rekey
from alembic_rekey import Absorb, Differing, Duplicates, Epoch, Identity, Slots, Spec

revision: str = "models"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

_frozen = sa.MetaData()


def _table(name: str, texts: str, *columns: sa.Column[object]) -> sa.Table:
    """Return a frozen table."""
    return sa.Table(name, _frozen, *(sa.Column(text, sa.Text) for text in texts.split()), *columns)


models = _table(
    "registered_models",
    "workspace name description",
    sa.Column("creation_time", sa.BigInteger),
    sa.Column("last_updated_time", sa.BigInteger),
)
model_tags = _table("registered_model_tags", "workspace name key value")
aliases = _table("registered_model_aliases", "workspace name alias", sa.Column("version", sa.Integer))
versions = _table(
    "model_versions",
    "workspace name description user_id current_stage source run_id status status_message run_link storage_location",
    sa.Column("version", sa.Integer),
    sa.Column("creation_time", sa.BigInteger),
    sa.Column("last_updated_time", sa.BigInteger),
)
version_tags = _table("model_version_tags", "workspace name key value", sa.Column("version", sa.Integer))

spec = Spec(
    revision=revision,
    identity=Identity(
        noun="model",
        key=(models.c.workspace, models.c.name),
        name=models.c.name,
        duplicates=Duplicates.FOUND,
        match=sa.func.lower(models.c.name),
        within=(models.c.workspace,),
        survivor=(models.c.creation_time,),
        absorb={models.c.creation_time: Absorb.MIN},
        updated_at=Epoch(models.c.last_updated_time, "ms"),
    ),
    slots=(
        Slots(
            noun="model_tag",
            key=(model_tags.c.workspace, model_tags.c.name, model_tags.c.key),
            owners=((model_tags.c.workspace, model_tags.c.name),),
            slot=(model_tags.c.key,),
            value=model_tags.c.value,
            differing=Differing.CANONICAL,
        ),
        Slots(
            noun="alias",
            key=(aliases.c.workspace, aliases.c.name, aliases.c.alias),
            owners=((aliases.c.workspace, aliases.c.name),),
            slot=(aliases.c.alias,),
            value=aliases.c.version,
            differing=Differing.CANONICAL,
        ),
        Slots(
            noun="version",
            key=(versions.c.workspace, versions.c.name, versions.c.version),
            owners=((versions.c.workspace, versions.c.name),),
            slot=(versions.c.version,),
            value=versions.c.source,
            status=versions.c.current_stage,
            active="None",
            updated_at=Epoch(versions.c.last_updated_time, "ms"),
        ),
        Slots(
            noun="version_tag",
            key=(version_tags.c.workspace, version_tags.c.name, version_tags.c.version, version_tags.c.key),
            owners=((version_tags.c.workspace, version_tags.c.name, version_tags.c.version),),
            of="version",
            slot=(version_tags.c.key,),
            value=version_tags.c.value,
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

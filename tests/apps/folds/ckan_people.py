"""Fold accounts and organisations that are registered as one; an account that goes is retired as CKAN retires one.

No date of a package is written: it says when its data were published.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

import alembic_rekey.operations  # noqa: F401  # registers op.rekey
from alembic_rekey import Absorb, Differing, Identity, Itself, References, Slots, Spec

revision: str = "people"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

_frozen = sa.MetaData()


def _table(name: str, texts: str, *columns: sa.Column[object]) -> sa.Table:
    """Return a frozen table: CKAN's keys and most of its columns are text."""
    return sa.Table(name, _frozen, *(sa.Column(text, sa.Text) for text in texts.split()), *columns)


users = _table(
    "user",
    "id name apikey about password fullname email reset_key state image_url",
    sa.Column("created", sa.DateTime),
    sa.Column("sysadmin", sa.Boolean),
    sa.Column("activity_streams_email_notifications", sa.Boolean),
    sa.Column("plugin_extras", JSONB),
    sa.Column("last_active", sa.DateTime),
)
groups = _table(
    "group",
    "id name title description state type approval_status image_url",
    sa.Column("created", sa.DateTime),
    sa.Column("is_organization", sa.Boolean),
    sa.Column("extras", JSONB),
)
packages = _table(
    "package",
    "id name title version url notes author author_email maintainer maintainer_email state license_id type owner_org"
    " creator_user_id",
    sa.Column("private", sa.Boolean),
    sa.Column("metadata_modified", sa.DateTime),
    sa.Column("metadata_created", sa.DateTime),
    sa.Column("plugin_data", JSONB),
    sa.Column("extras", JSONB),
)
members = _table("member", "id group_id table_id state table_name capacity")
collaborators = _table("package_member", "package_id user_id capacity", sa.Column("modified", sa.DateTime))
follows_user, follows_group, follows_package = (
    _table(f"user_following_{what}", "follower_id object_id", sa.Column("datetime", sa.DateTime))
    for what in ("user", "group", "dataset")
)
activities = _table(
    "activity",
    "id user_id object_id activity_type data",
    sa.Column("timestamp", sa.DateTime),
    sa.Column("permission_labels", ARRAY(sa.Text)),
)
tokens = _table(
    "api_token",
    "id name user_id",
    sa.Column("created_at", sa.DateTime),
    sa.Column("last_access", sa.DateTime),
    sa.Column("plugin_extras", JSONB),
)
dashboards = _table(
    "dashboard",
    "user_id",
    sa.Column("activity_stream_last_viewed", sa.DateTime),
    sa.Column("email_last_sent", sa.DateTime),
)

people = Spec(
    revision=revision,
    identity=Identity(
        noun="user",
        key=users.c.id,
        name=users.c.name,
        where=users.c.state == "active",
        absorb={users.c.about: Absorb.COALESCE, users.c.fullname: Absorb.COALESCE, users.c.created: Absorb.MIN},
        retire={users.c.state: "deleted"},
    ),
    slots=(
        # Who follows oneself after the fold, does not.
        Slots(
            noun="follow",
            key=(follows_user.c.follower_id, follows_user.c.object_id),
            owners=(follows_user.c.follower_id, follows_user.c.object_id),
            itself=Itself.DELETE,
        ),
        Slots(
            noun="follow_of_group",
            key=(follows_group.c.follower_id, follows_group.c.object_id),
            owners=(follows_group.c.follower_id,),
            slot=(follows_group.c.object_id,),
        ),
        Slots(
            noun="follow_of_package",
            key=(follows_package.c.follower_id, follows_package.c.object_id),
            owners=(follows_package.c.follower_id,),
            slot=(follows_package.c.object_id,),
        ),
        Slots(
            noun="collaborator",
            key=(collaborators.c.package_id, collaborators.c.user_id),
            owners=(collaborators.c.user_id,),
            slot=(collaborators.c.package_id,),
            value=collaborators.c.capacity,
            differing=Differing.CANONICAL,
        ),
        Slots(
            noun="membership",
            key=members.c.id,
            owners=(members.c.table_id,),
            slot=(members.c.group_id,),
            value=members.c.capacity,
            status=members.c.state,
            where=members.c.table_name == "user",
            differing=Differing.CANONICAL,
        ),
        # One row for each person: what was seen last.
        Slots(noun="dashboard", key=dashboards.c.user_id, owners=(dashboards.c.user_id,)),
    ),
    references=(
        References(noun="package", key=packages.c.id, owners=(packages.c.creator_user_id,)),
        References(noun="token", key=tokens.c.id, owners=(tokens.c.user_id,)),
        # Who made an account is the account: both columns lead to one person, and may.
        References(
            noun="activity",
            key=activities.c.id,
            owners=(activities.c.user_id, activities.c.object_id),
            itself=Itself.KEEP,
        ),
    ),
)

organisations = Spec(
    revision=revision,
    identity=Identity(
        noun="organisation",
        key=groups.c.id,
        name=groups.c.name,
        where=groups.c.is_organization,
    ),
    slots=(
        # `table_id` is a user's, a package's or, for a child in the tree of organisations, a group's.
        Slots(
            noun="member",
            key=members.c.id,
            owners=(members.c.group_id, members.c.table_id),
            slot=(members.c.table_name,),
            value=members.c.capacity,
            status=members.c.state,
            differing=Differing.CANONICAL,
            itself=Itself.DELETE,
        ),
        Slots(
            noun="follower",
            key=(follows_group.c.follower_id, follows_group.c.object_id),
            owners=(follows_group.c.object_id,),
            slot=(follows_group.c.follower_id,),
        ),
    ),
    references=(
        References(noun="package", key=packages.c.id, owners=(packages.c.owner_org,)),
        References(noun="activity", key=activities.c.id, owners=(activities.c.object_id,)),
    ),
)


def upgrade() -> None:
    """Fold people first: who belongs to an organisation is then one person."""
    for spec in (people, organisations):
        op.create_side_tables(spec)
        op.rekey(spec)


def downgrade() -> None:
    """Put every row back, the last fold first."""
    for spec in (organisations, people):
        op.restore(spec)
        op.drop_side_tables(spec)

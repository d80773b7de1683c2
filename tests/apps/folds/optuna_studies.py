"""Fold studies whose names differ in case only: the one with most trials stays.

Found in the data, no registry. The time of nothing is touched: optuna's tables have none of their own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import alembic_rekey.operations  # noqa: F401  # registers op.rekey
from alembic_rekey import Differing, Duplicates, Identity, References, Slots, Spec, most

revision: str = "studies"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

_frozen = sa.MetaData()


def _attributes(name: str) -> sa.Table:
    """Return one of the two tables of attributes; optuna has them alike."""
    return sa.Table(
        f"study_{name}_attributes",
        _frozen,
        sa.Column(f"study_{name}_attribute_id", sa.Integer),
        sa.Column("study_id", sa.Integer),
        sa.Column("key", sa.String),
        sa.Column("value_json", sa.Text),
    )


studies = sa.Table("studies", _frozen, sa.Column("study_id", sa.Integer), sa.Column("study_name", sa.String))
trials = sa.Table(
    "trials",
    _frozen,
    sa.Column("trial_id", sa.Integer),
    sa.Column("number", sa.Integer),
    sa.Column("study_id", sa.Integer),
    sa.Column("state", sa.Enum("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING", name="trialstate")),
    sa.Column("datetime_start", sa.DateTime),
    sa.Column("datetime_complete", sa.DateTime),
)
directions = sa.Table(
    "study_directions",
    _frozen,
    sa.Column("study_direction_id", sa.Integer),
    sa.Column("direction", sa.Enum("NOT_SET", "MINIMIZE", "MAXIMIZE", name="studydirection")),
    sa.Column("study_id", sa.Integer),
    sa.Column("objective", sa.Integer),
)
user_attributes, system_attributes = _attributes("user"), _attributes("system")

spec = Spec(
    revision=revision,
    identity=Identity(
        noun="study",
        key=studies.c.study_id,
        name=studies.c.study_name,
        duplicates=Duplicates.FOUND,
        match=sa.func.lower(studies.c.study_name),
        survivor=(most(trials.c.study_id),),
    ),
    slots=(
        # What one study minimises another must not maximise: such a pair is refused.
        Slots(
            noun="direction",
            key=directions.c.study_direction_id,
            owners=(directions.c.study_id,),
            slot=(directions.c.objective,),
            value=directions.c.direction,
        ),
        *(
            Slots(
                noun=f"{name}_attribute",
                key=table.c[f"study_{name}_attribute_id"],
                owners=(table.c.study_id,),
                slot=(table.c.key,),
                value=table.c.value_json,
                differing=Differing.CANONICAL,
            )
            for name, table in (("user", user_attributes), ("system", system_attributes))
        ),
    ),
    references=(References(noun="trial", key=trials.c.trial_id, owners=(trials.c.study_id,)),),
)

# Optuna numbers a trial when it makes it, by how many of its study are there already. A spec cannot say this; so the
# upgrade does it behind the fold, and the downgrade, before it restores, by the studies that the journal kept.
NUMBERED = sa.text(
    "UPDATE trials SET number = (SELECT count(*) FROM trials AS earlier"
    " WHERE earlier.study_id = trials.study_id AND earlier.trial_id < trials.trial_id)"
)
NUMBERED_AS_BEFORE = sa.text(
    "UPDATE trials SET number = (SELECT count(*) FROM trials AS earlier"
    " LEFT JOIN rekey_journal_trials AS its ON its.trial_id = earlier.trial_id"
    " WHERE earlier.trial_id < trials.trial_id AND coalesce(its.study_id, earlier.study_id) = coalesce("
    "(SELECT own.study_id FROM rekey_journal_trials AS own WHERE own.trial_id = trials.trial_id), trials.study_id))"
)


def upgrade() -> None:
    """Fold, and number the trials of what came together."""
    op.create_side_tables(spec)
    op.rekey(spec)
    op.execute(NUMBERED)


def downgrade() -> None:
    """Number the trials as they were, and put every row back."""
    op.execute(NUMBERED_AS_BEFORE)
    op.restore(spec)
    op.drop_side_tables(spec)

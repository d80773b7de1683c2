"""Fold experiments that a registry lists as one, within their workspace; deleted ones are left alone.

Times are mlflow's own numbers of milliseconds; the experiment that stays takes the first and the last of all.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import alembic_rekey.operations  # noqa: F401  # registers op.rekey
from alembic_rekey import Absorb, Differing, Identity, References, Slots, Spec

revision: str = "experiments"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

_frozen = sa.MetaData()


def _table(name: str, texts: str, *columns: sa.Column[object], times: str = "") -> sa.Table:
    """Return a frozen table with its columns of text, of milliseconds and others."""
    made = [sa.Column(text, sa.Text) for text in texts.split()]
    made += [sa.Column(time, sa.BigInteger) for time in times.split()]
    return sa.Table(name, _frozen, *made, *columns)


def _experiment() -> sa.Column[object]:
    return sa.Column("experiment_id", sa.Integer)


def _floats(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Float) for name in names]


def _booleans(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Boolean) for name in names]


experiments = _table(
    "experiments",
    "name artifact_location lifecycle_stage workspace",
    _experiment(),
    times="creation_time last_update_time",
)
experiment_tags = _table("experiment_tags", "key value", _experiment())
runs = _table(
    "runs",
    "run_uuid name source_type source_name entry_point_name user_id status source_version lifecycle_stage artifact_uri",
    _experiment(),
    times="start_time end_time deleted_time",
)
datasets = _table(
    "datasets",
    "dataset_uuid name digest dataset_source_type dataset_source dataset_schema dataset_profile",
    _experiment(),
)
inputs = _table("inputs", "input_uuid source_type source_id destination_type destination_id", times="step")
models = _table(
    "logged_models",
    "model_id name artifact_location lifecycle_stage model_type source_run_id status_message",
    _experiment(),
    sa.Column("status", sa.Integer),
    times="creation_timestamp_ms last_updated_timestamp_ms",
)
model_metrics = _table(
    "logged_model_metrics",
    "model_id metric_name run_id dataset_uuid dataset_name dataset_digest",
    _experiment(),
    *_floats("metric_value"),
    times="metric_timestamp_ms metric_step",
)
model_params = _table("logged_model_params", "model_id param_key param_value", _experiment())
model_tags = _table("logged_model_tags", "model_id tag_key tag_value", _experiment())
traces = _table(
    "trace_info",
    "request_id status client_request_id request_preview response_preview trace_name session_id",
    _experiment(),
    sa.Column("db_payload_generation", sa.Integer),
    *_floats("input_cost", "output_cost", "total_cost"),
    times="timestamp_ms execution_time_ms input_tokens output_tokens total_tokens cache_read_input_tokens"
    " cache_creation_input_tokens cache_creation_input_tokens_above_1hr",
)
spans = _table(
    "spans",
    "trace_id span_id parent_span_id name type status content model_name model_provider",
    _experiment(),
    sa.Column("duration_ns", sa.BigInteger, sa.Computed("end_time_unix_nano - start_time_unix_nano", persisted=True)),
    *_floats("input_cost", "output_cost", "total_cost"),
    times="start_time_unix_nano end_time_unix_nano",
)
assessments = _table(
    "assessments",
    "assessment_id trace_id name assessment_type value error source_type source_id run_id span_id rationale overrides"
    " assessment_metadata",
    _experiment(),
    *_booleans("valid", "is_numeric_value"),
    *_floats("aggregate_value"),
    times="created_timestamp last_updated_timestamp trace_timestamp_ms",
)
associations = _table(
    "entity_associations",
    "association_id source_type source_id destination_type destination_id",
    times="created_time",
)
scorers = _table("scorers", "scorer_id scorer_name", _experiment())
scorer_versions = _table(
    "scorer_versions",
    "scorer_id serialized_scorer",
    sa.Column("scorer_version", sa.Integer),
    times="creation_time",
)


def _moved(noun: str, table: sa.Table, *key: str) -> References:
    """Return rows that stay, all of them, whatever experiment they come to."""
    return References(noun=noun, key=tuple(table.c[name] for name in key), owners=(table.c.experiment_id,))


spec = Spec(
    revision=revision,
    identity=Identity(
        noun="experiment",
        key=experiments.c.experiment_id,
        name=experiments.c.name,
        within=(experiments.c.workspace,),
        where=experiments.c.lifecycle_stage == "active",
        survivor=(experiments.c.creation_time,),
        absorb={experiments.c.creation_time: Absorb.MIN, experiments.c.last_update_time: Absorb.MAX},
    ),
    slots=(
        Slots(
            noun="experiment_tag",
            key=(experiment_tags.c.key, experiment_tags.c.experiment_id),
            owners=(experiment_tags.c.experiment_id,),
            slot=(experiment_tags.c.key,),
            value=experiment_tags.c.value,
            differing=Differing.CANONICAL,
        ),
        # The same data, named and digested in both: one row stays, and what refers to the other follows.
        Slots(
            noun="dataset",
            key=datasets.c.dataset_uuid,
            owners=(datasets.c.experiment_id,),
            slot=(datasets.c.name, datasets.c.digest),
        ),
        Slots(
            noun="scorer",
            key=scorers.c.scorer_id,
            owners=(scorers.c.experiment_id,),
            slot=(scorers.c.scorer_name,),
        ),
        Slots(
            noun="scorer_version",
            key=(scorer_versions.c.scorer_id, scorer_versions.c.scorer_version),
            owners=(scorer_versions.c.scorer_id,),
            of="scorer",
            slot=(scorer_versions.c.scorer_version,),
            value=scorer_versions.c.serialized_scorer,
        ),
        # An experiment's number, as text, beside those of other kinds of things.
        Slots(
            noun="association",
            key=associations.c.association_id,
            owners=(associations.c.destination_id,),
            slot=(associations.c.source_type, associations.c.source_id),
            where=associations.c.destination_type == "experiment",
        ),
    ),
    references=(
        _moved("run", runs, "run_uuid"),
        _moved("logged_model", models, "model_id"),
        _moved(
            "model_metric", model_metrics, "model_id", "metric_name", "metric_timestamp_ms", "metric_step", "run_id"
        ),
        _moved("model_param", model_params, "model_id", "param_key"),
        _moved("model_tag", model_tags, "model_id", "tag_key"),
        _moved("trace", traces, "request_id"),
        _moved("span", spans, "trace_id", "span_id"),
        _moved("assessment", assessments, "assessment_id"),
        References(
            noun="input",
            key=inputs.c.input_uuid,
            owners=(inputs.c.source_id,),
            of="dataset",
            where=inputs.c.source_type == "DATASET",
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

"""Runs in the environment of mlflow: `fill URL FOLDER` works as a team does, `tell URL` prints what its API sees."""

from __future__ import annotations

import json
import sys
from typing import Any

import mlflow
import pandas
from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.genai import datasets as evaluation
from mlflow.genai import scorers
from mlflow.genai.scorers import registry

EXPERIMENTS = {
    "Fraud-Detection": {"team": "risk", "mlflow.note.content": "first try", "region": "EU"},
    "fraud-detection": {"team": "risk", "mlflow.note.content": "the real one"},
    "fraud detection": {"team": "risk"},
    "churn": {"team": "sales"},
}
RUNS = {"Fraud-Detection": 2, "fraud-detection": 3, "fraud detection": 1, "churn": 1}
SCORERS = {"Fraud-Detection": 1, "fraud-detection": 2, "fraud detection": 1, "churn": 0}


def fill(client: MlflowClient, folder: str) -> None:
    """One thing in three spellings, each with runs, traces, models and data; and something else beside it."""
    made = {
        name: client.create_experiment(name, f"{folder}/{i}", tags)
        for i, (name, tags) in enumerate(EXPERIMENTS.items())
    }
    gone = client.create_experiment("FRAUD-DETECTION", f"{folder}/gone")
    with mlflow.start_run(experiment_id=gone, run_name="thrown away"):
        mlflow.log_metric("auc", 0.1)
    client.delete_experiment(gone)
    cards = mlflow.data.from_pandas(pandas.DataFrame({"x": [1.5, 2.5], "y": [0.0, 1.0]}), name="cards", targets="y")
    for name, experiment in made.items():
        mlflow.set_experiment(experiment_id=experiment)
        _work(name, experiment, cards)
    golden = evaluation.create_dataset(name="golden", experiment_id=[made["Fraud-Detection"], made["fraud-detection"]])
    golden.merge_records([{"inputs": {"card": "4711"}}])
    evaluation.create_dataset(name="silver", experiment_id=[made["Fraud-Detection"]])
    _register(client, mlflow.search_runs([made["churn"]], output_format="list")[0].info.run_id)


def _work(name: str, experiment: str, cards: Any) -> None:
    for number in range(RUNS[name]):
        with mlflow.start_run(run_name=f"{name} {number}") as run:
            mlflow.log_param("depth", number)
            mlflow.log_metrics({"auc": 0.5 + number / 10}, step=0)
            mlflow.log_metrics({"auc": 0.6 + number / 10}, step=1)
            mlflow.set_tag("owner", "anna")
            mlflow.log_input(cards, context="training")
    forest = mlflow.initialize_logged_model(
        name="forest", source_run_id=run.info.run_id, params={"depth": "3"}, tags={"of": name}, experiment_id=experiment
    )
    mlflow.finalize_logged_model(forest.model_id, "READY")
    mlflow.log_metric("f1", 0.7, model_id=forest.model_id, run_id=run.info.run_id, dataset=cards)
    with mlflow.start_span(name=f"score {name}") as span:
        span.set_inputs({"card": "4711"})
    mlflow.log_feedback(trace_id=span.trace_id, name="right", value=True)
    for _ in range(SCORERS[name]):
        scorers.Safety(model="openai:/none").register(name="safe", experiment_id=experiment)


def _register(client: MlflowClient, run: str) -> None:
    """A model of the registry under two names; the first version of the right one was deleted, which keeps its row."""
    for name, tags in (("fraud-model", {"team": "fraud"}), ("Fraud-Model", {"team": "risk", "region": "EU"})):
        client.create_registered_model(name, tags=tags, description=f"the {name}")
    for name, source in (("fraud-model", "old"), ("fraud-model", "new"), ("Fraud-Model", "other")):
        version = client.create_model_version(name, source=f"/models/{source}", run_id=run)
        if source == "old":
            client.delete_model_version(name, version.version)
    client.set_model_version_tag("fraud-model", "2", "reviewed", "yes")
    client.set_registered_model_alias("fraud-model", "champion", "2")
    client.set_registered_model_alias("Fraud-Model", "champion", "1")
    client.set_registered_model_alias("Fraud-Model", "challenger", "1")


def label(client: MlflowClient) -> None:
    """A tag of a version of the model's wrong name: it refers to that version by (workspace, name, version)."""
    client.set_model_version_tag("Fraud-Model", "1", "reviewed", "no")


def clash(client: MlflowClient) -> None:
    """One more version of the model's wrong name, with the number of a live one of the right name."""
    run = mlflow.search_runs(search_all_experiments=True, output_format="list")[0].info.run_id
    client.create_model_version("Fraud-Model", source="/models/clash", run_id=run)


def tell(client: MlflowClient) -> dict[str, Any]:
    """What a member of the team sees."""
    experiments = client.search_experiments(view_type=ViewType.ALL, order_by=["experiment_id"])
    return {
        "experiments": {one.name: _experiment(client, one) for one in experiments},
        "models": {one.name: _registered(client, one.name) for one in client.search_registered_models()},
    }


def _experiment(client: MlflowClient, one: Any) -> dict[str, Any]:
    runs = client.search_runs([one.experiment_id], run_view_type=ViewType.ALL)
    traces = mlflow.search_traces(locations=[one.experiment_id], return_type="list")
    models = client.search_logged_models([one.experiment_id])
    return {
        "stage": one.lifecycle_stage,
        "tags": {key: value for key, value in sorted(one.tags.items()) if not key.startswith("mlflow.experimentKind")},
        "runs": {run.info.run_name: _run(client, run) for run in sorted(runs, key=lambda run: run.info.run_name)},
        "traces": {
            trace.data.spans[0].name: {mark.name: mark.feedback.value for mark in trace.info.assessments}
            for trace in sorted(traces, key=lambda trace: trace.data.spans[0].name)
        },
        "logged models": {
            model.tags["of"]: [model.name, model.params, [(m.key, m.value, m.dataset_name) for m in model.metrics]]
            for model in sorted(models, key=lambda model: model.tags["of"])
        },
        "scorers": [] if one.lifecycle_stage == "deleted" else _scorers(one.experiment_id),
        "evaluation": sorted(data.name for data in evaluation.search_datasets(experiment_ids=[one.experiment_id])),
    }


def _scorers(experiment: str) -> list[list[Any]]:
    """The name of each scorer, and its versions."""
    found = sorted(one.name for one in registry.list_scorers(experiment_id=experiment))
    return [
        [name, [version for _, version in registry.list_scorer_versions(name=name, experiment_id=experiment)]]
        for name in found
    ]


def _run(client: MlflowClient, run: Any) -> dict[str, Any]:
    return {
        "params": run.data.params,
        "auc": [(metric.step, metric.value) for metric in client.get_metric_history(run.info.run_id, "auc")],
        "owner": run.data.tags.get("owner"),
        "data": [
            [used.dataset.name, used.dataset.digest, [tag.value for tag in used.tags]]
            for used in run.inputs.dataset_inputs
        ],
    }


def _registered(client: MlflowClient, name: str) -> dict[str, Any]:
    model = client.get_registered_model(name)
    versions = client.search_model_versions(f"name = '{name}'")
    return {
        "description": model.description,
        "tags": dict(sorted(model.tags.items())),
        "versions": {one.version: [one.source, one.tags] for one in sorted(versions, key=lambda one: int(one.version))},
        "aliases": {alias: client.get_model_version_by_alias(name, alias).version for alias in sorted(model.aliases)},
    }


def main(command: str, url: str, *rest: str) -> None:
    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    client = MlflowClient(url, url)
    if command == "tell":
        print(json.dumps(tell(client)))
    else:
        {"fill": fill, "clash": clash, "label": label}[command](client, *rest)


main(*sys.argv[1:])

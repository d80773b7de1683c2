"""A stranger's project against the plain-Python reading of the decision tables, for any legacy data.

The examples are those of our own tables, in other clothes: other tables and words, keys that are
numbers or UUIDs, and a second table of slots and a third of tags that hold the same rows once more.
"""

import json
import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from legacy import write_registry
from oracle import expected
from outcomes import disagreements
from stranger import make, shown
from strategies import legacy as legacy_databases

pytestmark = pytest.mark.slow

CASES = 150 if os.environ.get("REKEY_LONG") else 6
UNHURRIED = settings(
    max_examples=CASES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
KEYS = {"sqlite": "uuid", "postgresql": "integer"}
"""What shops are numbered by; the examples of `test_stranger` have it the other way round."""
THEIRS = {"active": "live", "superseded": "retired", "invalid": "draft"}
OURS = {theirs: ours for ours, theirs in THEIRS.items()}
TYPES = ("fact", "it's")
MADE = "made by a fold"


def numbered(rows):
    """Our rows with numbers for ids, in the same order, and without what the stranger's tables cannot hold."""
    owners = {row["id"]: number for number, row in enumerate(sorted(rows["projects"], key=lambda row: row["id"]))}
    wanted = {
        "projects": ("name", "updated_at"),
        "project_state": ("category", "key", "value", "status", "updated_at"),
        "memories": ("memory_type", "content", "project", "status", "updated_at"),
        "interactions": ("project",),
    }
    found = {}
    for table, columns in wanted.items():
        found[table] = []
        for number, row in enumerate(sorted(rows[table], key=lambda row: row["id"])):
            kept = {"id": number, **{column: row[column] for column in columns}}
            if "status" in kept:
                kept["status"] = kept["status"] or "invalid"
            if table == "project_state":
                kept["project_id"] = owners[row["project_id"]]
            found[table].append(kept)
    return found


def filled(project, rows, amounts):
    """The same rows in the stranger's tables."""
    slots = [(row, {"state": THEIRS[row["status"]], "changed_at": row["updated_at"]}) for row in rows["project_state"]]
    moment = "2026-01-01 09:00:00"
    project.fill(
        {
            "shops": [
                {
                    "id": project.key(row["id"]),
                    "name": row["name"],
                    "label": "",
                    "listed": True,
                    "details": "[]",
                    "opened_at": moment,
                    "changed_at": row["updated_at"],
                }
                for row in rows["projects"]
            ],
            "settings": [
                {
                    "id": project.key(row["id"], other=True),
                    "shop_id": project.key(row["project_id"]),
                    "section": row["category"],
                    "name": row["key"],
                    "value": None if row["value"] is None else json.dumps(row["value"]),
                    **more,
                }
                for row, more in slots
            ],
            "Price List": [
                {
                    "No": row["id"],
                    "Shop": project.key(row["project_id"]),
                    "Valid For": json.dumps([row["category"], row["key"]]),
                    "amount": amounts.index(row["value"]),
                    **more,
                }
                for row, more in slots
            ],
            "reviews": [
                {
                    "id": project.key(row["id"], other=True),
                    "shop": row["project"],
                    "stars": TYPES.index(row["memory_type"]),
                    "body": json.dumps(row["content"]),
                    "state": THEIRS[row["status"]],
                    "changed_at": row["updated_at"],
                }
                for row in rows["memories"]
            ],
            "visits": [{"id": row["id"], "shop": row["project"]} for row in rows["interactions"]],
        }
    )


def read_back(project, amounts):
    """The stranger's rows as ours, twice: once with the settings and once with the price list for slots."""
    rows = project.rows()
    most = max((len(found) for found in rows.values()), default=0) + 20
    numbers = {shown(project.key(number)): number for number in range(most)}
    others = {shown(project.key(number, other=True)): number for number in range(most)}

    def stated(row):
        return {"status": OURS[row["state"]], "updated_at": row["changed_at"]}

    def number(key):
        return numbers.get(shown(key), f"not ours: {key}")

    projects = [
        {"id": number(row["id"]), "name": row["name"], "updated_at": row["changed_at"], "description": row["label"]}
        for row in rows["shops"]
    ]
    settings = [
        {
            "id": others[shown(row["id"])],
            "project_id": number(row["shop_id"]),
            **stated(row),
            "category": row["section"],
            "key": row["name"],
            "value": None if row["value"] is None else json.loads(row["value"]),
        }
        for row in rows["settings"]
    ]
    prices = [
        {
            "id": row["No"],
            "project_id": number(row["Shop"]),
            **stated(row),
            **dict(zip(("category", "key"), json.loads(row["Valid For"]), strict=True)),
            "value": amounts[int(float(row["amount"]))],
        }
        for row in rows["Price List"]
    ]
    memories = [
        {
            "id": others[shown(row["id"])],
            "project": row["shop"],
            **stated(row),
            "memory_type": TYPES[row["stars"]],
            "content": json.loads(row["body"]),
        }
        for row in rows["reviews"]
    ]
    tagged = {
        "memories": memories,
        "interactions": [{"id": row["id"], "project": row["shop"]} for row in rows["visits"]],
    }
    return [{"projects": projects, "project_state": slots, **tagged} for slots in (settings, prices)]


@pytest.fixture(scope="module")
def project(reused_database, tmp_path_factory):
    return make(reused_database, tmp_path_factory.mktemp("stranger"), KEYS[reused_database.dialect])


@UNHURRIED
@given(data=st.data())
def test_a_strangers_rows_end_as_the_decision_tables_say(project, data):
    database = project.database
    case = data.draw(legacy_databases(database.dialect))
    rows = numbered(case.rows)
    amounts = list(dict.fromkeys(row["value"] for row in rows["project_state"]))
    project.empty()
    write_registry(project.registry, case.registry, "shops")
    filled(project, rows, amounts)
    outcome = expected(case.registry, rows)
    before = database.snapshot()
    ended = project.alembic("upgrade", "head")
    if outcome.refused:
        assert (2, before) == (ended.code, database.snapshot())
        return
    assert 0 == ended.code, ended.err
    for row in outcome.rows["projects"]:
        row.pop("created_at", None)
        if "description" in row:
            row["description"] = MADE
    for found in read_back(project, amounts):
        assert [] == disagreements(outcome, found, stored=lambda value: stored(database, value))


def stored(database, value):
    """A time without a zone, as the stranger's columns have it."""
    shown = database.stored(value)
    return shown.removesuffix("+00") if shown is not value else value

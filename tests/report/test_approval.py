"""Claims about `-x expect_plan`: what was reviewed is what runs."""

import pytest
from alembic.util import CommandError

import legacy
from commands import rekey_here

pytestmark = pytest.mark.sqlite_first

PROJECTS = {"alpha": ["al"]}


@pytest.fixture
def planned(database, registry_path, report_dir):
    """A legacy database whose plan was reviewed: the report of the dry run and its fingerprint."""
    legacy.create(database)
    database.insert("projects", [{"id": "1", "name": "al"}, {"id": "2", "name": "alpha"}])
    database.insert(
        "project_state",
        [{"id": "s", "project_id": "1", "category": "c", "key": "k", "value": "v", "status": "active"}],
    )
    database.insert("interactions", [{"id": "i", "prompt": "p", "project": "AL"}])
    legacy.write_registry(registry_path, PROJECTS)
    made = rekey_here(database, registry_path, "plan", "--json", reports=report_dir)
    assert (0, "FAILED" in made.err) == (made.status, False)
    (document,) = report_dir.glob("*dry-run*.json")
    return document, made.document["plan"]["fingerprint"]


def test_the_approved_plan_runs_by_its_fingerprint_and_by_its_report(
    database, planned, upgrade, downgrade, registry_path
):
    _, fingerprint = planned
    upgrade(database, registry_path, expect_plan=fingerprint)
    assert [(fingerprint,)] == database.rows("SELECT plan_sha256 FROM rekey_run")


@pytest.mark.words
@pytest.mark.slow
def test_a_report_serves_as_the_approval_too(database, planned, upgrade, registry_path):
    upgrade(database, registry_path, expect_plan=planned[0])
    assert [("applied",)] == database.rows("SELECT outcome FROM rekey_run")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE project_state SET value = 'other'", "project_state: rekey 's' has changed in value"),
        ("DELETE FROM interactions", "interactions: rekey 'i' is no longer in the plan"),
        (
            "INSERT INTO memories (id, memory_type, content, project) VALUES ('m', 't', 'c', 'al')",
            "memories: rekey 'm' was not in the approved plan",
        ),
    ],
)
def test_another_plan_is_refused_and_the_report_says_what_differs(
    database, planned, upgrade, registry_path, report_dir, change, says
):
    database.execute(change)
    before = database.snapshot()
    for approved in planned:
        with pytest.raises(CommandError, match="not the one that was approved") as refusal:
            upgrade(database, registry_path, expect_plan=approved)
        assert before == database.snapshot()
        assert (approved is planned[0]) == (says in str(refusal.value))
    assert [] == list(report_dir.glob("*.pending"))


@pytest.mark.words
@pytest.mark.slow
def test_a_fingerprint_serves_once(database, planned, upgrade, downgrade, registry_path):
    upgrade(database, registry_path, expect_plan=planned[1])
    downgrade(database, registry_path)
    before = database.snapshot()
    with pytest.raises(CommandError, match="carried out before"):
        upgrade(database, registry_path, expect_plan=planned[1])
    assert before == database.snapshot()


@pytest.mark.words
@pytest.mark.slow
@pytest.mark.parametrize("text", ["abc", "a" * 300, "a/" * 3000, ","], ids=["short", "long", "deep", "empty"])
def test_what_is_neither_a_fingerprint_nor_a_file_is_refused(database, planned, upgrade, registry_path, text):
    before = database.snapshot()
    with pytest.raises(CommandError, match="neither a fingerprint nor a file"):
        upgrade(database, registry_path, expect_plan=text)
    said = rekey_here(database, registry_path, "plan", "--no-report", x=[f"expect_plan={text}"])
    assert (1, True) == (said.status, "is neither a fingerprint nor a file." in said.err)
    assert "what to do: give the 64 digits that `alembic-rekey plan` printed" in said.err
    assert before == database.snapshot()


@pytest.mark.slow
def test_the_fingerprint_does_not_depend_on_the_collation_of_a_key(database, upgrade, registry_path):
    """The journal has not the collation of its table, and lists `B` before `a` where the table does not."""
    legacy.create(database)
    collation = "NOCASE" if database.dialect == "sqlite" else '"C"'
    database.execute("DROP TABLE interactions")
    database.execute(
        f"CREATE TABLE interactions (id TEXT COLLATE {collation} PRIMARY KEY, prompt TEXT, response TEXT, "
        "client TEXT, session_id TEXT, project TEXT, created_at TIMESTAMP)"
    )
    database.insert("interactions", [{"id": key, "prompt": "p", "project": "al"} for key in "aBcD"])
    legacy.write_registry(registry_path, PROJECTS)
    fingerprint = rekey_here(database, registry_path, "plan", "--json").document["plan"]["fingerprint"]
    upgrade(database, registry_path, expect_plan=fingerprint)
    assert [("applied",)] == database.rows("SELECT outcome FROM rekey_run")

"""Other people's tests: the whole set of pytest-alembic holds for this environment, on both databases.

They run as they are, nothing is left out; the two that downgrade also run with rows that fold.
"""

from datetime import datetime

import pytest
from pytest_alembic.config import Config
from pytest_alembic.tests import (  # noqa: F401  # collected as tests of this module
    experimental,
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
from pytest_alembic.tests.experimental import test_downgrade_leaves_no_trace
from sqlalchemy import NullPool, create_engine

import legacy
from alembic_rekey.sql.dialects.sqlite.engine import sqlite_hooks
from examples import REGISTRY, ROOT, folded

pytestmark = pytest.mark.slow

ROWS = [
    {
        **{name: datetime.fromisoformat(value) if name.endswith("_at") else value for name, value in row.items()},
        "__tablename__": table,
    }
    for table in legacy.TABLES
    for row in folded()[table]
]


@pytest.fixture
def alembic_config(request, database, tmp_path, monkeypatch):
    """The project's own configuration, with the places that an operator would name."""
    monkeypatch.chdir(ROOT)  # one of the tests starts a process that looks for alembic.ini where it stands
    monkeypatch.setenv("ATOCORE_DATABASE_URL", database.url)
    monkeypatch.setenv("ATOCORE_PROJECT_REGISTRY_PATH", str(tmp_path / "registry.json"))
    monkeypatch.setenv("ATOCORE_DATA_DIR", str(tmp_path))
    options = {"file": str(ROOT / "alembic.ini"), "script_location": str(ROOT / "alembic")}
    if getattr(request, "param", "empty") == "empty":
        return Config(options)
    legacy.write_registry(tmp_path / "registry.json", REGISTRY)
    # No table that holds rows is dropped: the way back ends there.
    return Config(options, at_revision_data={"0001": ROWS}, minimum_downgrade_revision="0001")


@pytest.fixture
def alembic_engine(database):
    engine = create_engine(database.url, poolclass=NullPool)
    if database.dialect == "sqlite":
        sqlite_hooks(engine, "BEGIN IMMEDIATE")
    yield engine
    engine.dispose()


@pytest.mark.words
def test_all_models_register_on_metadata(alembic_runner):
    """Left alone it looks for a package, and finds the module that holds the metadata: it is told which one."""
    experimental.test_all_models_register_on_metadata(alembic_runner, model_package="atocore")


@pytest.mark.parametrize("alembic_config", ["rows that fold"], indirect=True)
@pytest.mark.parametrize("theirs", [test_up_down_consistency, test_downgrade_leaves_no_trace])
def test_the_way_up_and_down_with_rows_that_fold(alembic_runner, theirs):
    theirs(alembic_runner)

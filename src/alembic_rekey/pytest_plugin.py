"""A kit for pytest: what a project claims of its own fold, in one line each.

A claim runs Alembic's commands on a project of its own, on a new SQLite file or on the database of `engine`, which is
left as it was found. Tables that are not there are made as the spec declares them; `names` are the aliases of each
canonical name.
"""

# Nothing of the engine is loaded before it is asked for: pytest loads this in every project of an environment.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine

    from alembic_rekey.project.ground import Names, Rows
    from alembic_rekey.spec import Spec

__all__ = ["assert_plan", "assert_reversible", "assert_script_equals_online"]


@pytest.fixture
def rekey_config(pytestconfig: pytest.Config) -> Config:
    """Alembic's configuration in pytest's root folder; override it where yours is elsewhere."""
    from alembic_rekey.project.configuration import configuration

    files = [pytestconfig.rootpath / name for name in ("pyproject.toml", "alembic.ini")]
    return configuration([str(path) for path in files if path.is_file()], ())


@pytest.fixture
def rekey_spec(rekey_config: Config) -> Callable[..., Spec]:
    """Return what gives the spec of a revision, whose module no import can name: `rekey_spec("0003")`."""
    from alembic_rekey.project.folds import Folds

    return Folds(rekey_config).of


def assert_plan(
    spec: Spec,
    rows: Rows,
    expected: Mapping[str, Mapping[Any, str]],
    *,
    names: Names | None = None,
    engine: Engine | None = None,
) -> None:
    """Claim that the plan does this with each row, by table and key, and nothing with any other.

    Keys of several columns are tuples. A row that is created has no key yet and stands under its canonical name. A
    plan with a `collision` is one that an upgrade refuses; whatever else it would refuse fails the claim.
    """
    from alembic_rekey.project.ground import Ground

    with Ground.with_rows(spec, rows, names, engine) as ground:
        planned, refusals = ground.planned()
    claimed = {table: dict(acts) for table, acts in expected.items() if acts}
    # Said in words too: pytest takes no assertion apart in a plugin that is installed as a link to its source.
    assert claimed == planned, f"{claimed} != {planned}"
    assert refusals == []


def assert_reversible(spec: Spec, rows: Rows, *, names: Names | None = None, engine: Engine | None = None) -> None:
    """Claim that an upgrade folds these rows and a downgrade puts back each of them, in every table there is."""
    from alembic import command

    from alembic_rekey.project.ground import Ground

    with Ground.with_rows(spec, rows, names, engine) as ground:
        before = ground.stored()
        ground.run(command.upgrade, "head")
        assert before != ground.stored(), "the fold changes none of these rows: give it some to fold"
        ground.run(command.downgrade, "base")
        assert before == ground.stored()


def assert_script_equals_online(
    spec: Spec, rows: Rows, *, names: Names | None = None, engine: Engine | None = None
) -> None:
    """Claim that the script of `upgrade --sql` makes of these rows what the upgrade makes of them.

    The run's own time, and keys that the database makes for rows which it creates, are taken for equal.
    """
    from alembic import command

    from alembic_rekey.project.ground import Ground

    with Ground.with_rows(spec, rows, names, engine) as ground:
        ground.run(command.upgrade, "head")
        online = ground.told()
        assert ground.before != online, "the fold changes none of these rows: give it some to fold"
    with Ground.with_rows(spec, rows, names, engine) as ground:
        ground.run_script()
        assert online == ground.told()

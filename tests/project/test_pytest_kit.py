"""Claims about the kit for pytest: what it claims of a fold is so, it can fail, and a database is left as it was."""

import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine

import legacy
from alembic_rekey import Identity, References, Slots, Spec, Tags
from alembic_rekey.errors import CommandRefused
from alembic_rekey.guide.blocks import blocks
from alembic_rekey.guide.topics import page
from alembic_rekey.project.folds import Folds
from alembic_rekey.project.ground import Ground
from alembic_rekey.pytest_plugin import assert_plan, assert_reversible, assert_script_equals_online
from conftest import ROOT
from examples import REGISTRY, folded
from scripts import state
from server import clean_environment

NAMES = {"p05-interferometer": ["p05"]}
ROWS = {
    "customers": [{"id": 1, "name": "p05", "seen": "2026-01-01 08:00:00"}, {"id": 2, "name": "atlas", "seen": None}],
    "orders": [{"id": 10, "customer_id": 1}, {"id": 11, "customer_id": 2}],
    "members": [{"customer_id": 1, "group_id": 5}, {"customer_id": 2, "group_id": 5}],
    "letters": [{"id": 20, "customer": " P05 "}],
}
EXPECTED = {
    "customers": {1: "delete", "p05-interferometer": "create"},
    "orders": {10: "rekey"},
    "members": {(1, 5): "rekey"},
    "letters": {20: "rekey"},
}

_tables = sa.MetaData()
customers = sa.Table(
    "customers",
    _tables,
    sa.Column("id", sa.Integer),
    sa.Column("name", sa.Text),
    sa.Column("seen", sa.DateTime),
)
orders = sa.Table("orders", _tables, sa.Column("id", sa.Integer), sa.Column("customer_id", sa.Integer))
members = sa.Table("members", _tables, sa.Column("customer_id", sa.Integer), sa.Column("group_id", sa.Integer))
letters = sa.Table("letters", _tables, sa.Column("id", sa.Integer), sa.Column("customer", sa.Text))


def declared(**identity):
    return Spec(
        revision="0007",
        identity=Identity(
            noun="customer", key=customers.c.id, name=customers.c.name, updated_at=customers.c.seen, **identity
        ),
        references=(References(noun="order", key=orders.c.id, owners=(orders.c.customer_id,)),),
        slots=(
            Slots(
                noun="member",
                key=(members.c.customer_id, members.c.group_id),
                owners=(members.c.customer_id,),
                slot=(members.c.group_id,),
            ),
        ),
        tags=(Tags(noun="letter", key=letters.c.id, tag=letters.c.customer),),
    )


SPEC = declared()


@pytest.fixture
def engine(database):
    made = create_engine(database.url, poolclass=NullPool)
    yield made
    made.dispose()


@pytest.fixture
def in_memory():
    made = create_engine("sqlite://")
    yield made
    made.dispose()


def every_claim(engine=None):
    assert_plan(SPEC, ROWS, EXPECTED, names=NAMES, engine=engine)
    assert_reversible(SPEC, ROWS, names=NAMES, engine=engine)
    assert_script_equals_online(SPEC, ROWS, names=NAMES, engine=engine)


@pytest.mark.slow
def test_the_claims_hold_for_a_fold_without_any_database():
    every_claim()


@pytest.mark.slow
def test_the_claims_hold_in_memory_which_is_where_pytest_alembic_is_by_default(in_memory):
    every_claim(in_memory)
    assert [] == sa.inspect(in_memory).get_table_names()


@pytest.mark.slow
def test_the_claims_hold_on_an_engine_and_leave_nothing_there(database, engine):
    database.execute("CREATE TABLE others (id INTEGER)")
    before = state(database)
    every_claim(engine)
    assert before == state(database)


@pytest.mark.slow
def test_the_claims_hold_where_the_project_folded_already_and_leave_its_runs(database, engine, tmp_path):
    """On the application's own tables, with the run of 0003 in the side tables that are there."""
    legacy.create(database)
    registry = legacy.write_registry(tmp_path / "registry.json", REGISTRY)
    config = Config(str(ROOT / "alembic.ini"))
    for name, value in (("sqlalchemy.url", database.url), ("rekey.registry", registry), ("rekey.report_dir", tmp_path)):
        config.set_main_option(name, str(value))
    command.upgrade(config, "head")
    before = state(database)
    spec = Folds(config).of("0003")
    assert_reversible(spec, folded(), names=REGISTRY, engine=engine)
    assert_script_equals_online(spec, folded(), names=REGISTRY, engine=engine)
    assert before == state(database)


@pytest.mark.slow
def test_another_plan_fails(engine):
    for wrong in ({"orders": {10: "rekey", 11: "rekey"}}, {"letters": {}}, {"members": {(1, 5): "merge"}}):
        with pytest.raises(AssertionError):
            assert_plan(SPEC, ROWS, {**EXPECTED, **wrong}, names=NAMES, engine=engine)


@pytest.mark.parametrize("claim", [assert_reversible, assert_script_equals_online])
def test_rows_that_nothing_folds_claim_nothing(claim):
    with pytest.raises(AssertionError, match="give it some to fold"):
        claim(SPEC, {"customers": [{"id": 1, "name": "atlas"}]}, names=NAMES)


def test_a_refusal_fails_with_its_words():
    twice = {"customers": [{"id": 1, "name": "P05-interferometer"}, {"id": 2, "name": "p05-interferometer "}]}
    for claim in (assert_reversible, assert_script_equals_online):
        with pytest.raises(AssertionError, match="refuses to fold; nothing was changed"):
            claim(SPEC, twice, names=NAMES)
    with pytest.raises(AssertionError):
        assert_plan(SPEC, twice, {}, names=NAMES)


def test_a_row_that_would_not_come_back_fails(database, engine, monkeypatch):
    _tables.create_all(engine)
    before = state(database)
    real = Ground.run

    def and_the_application_writes(ground, told, *arguments, **named):
        real(ground, told, *arguments, **named)
        database.execute("UPDATE orders SET customer_id = 2 WHERE id = 10" if told is command.downgrade else "SELECT 1")

    monkeypatch.setattr(Ground, "run", and_the_application_writes)
    with pytest.raises(AssertionError):
        assert_reversible(SPEC, ROWS, names=NAMES, engine=engine)
    assert before == state(database)


@pytest.mark.sqlite_first
def test_a_script_that_makes_other_rows_fails(database, engine, monkeypatch):
    real = Ground.run_script

    def with_a_slip(ground):
        real(ground)
        database.execute("UPDATE orders SET customer_id = 2 WHERE id = 10")

    monkeypatch.setattr(Ground, "run_script", with_a_slip)
    with pytest.raises(AssertionError):
        assert_script_equals_online(SPEC, ROWS, names=NAMES, engine=engine)


def test_a_table_that_holds_rows_is_refused_and_keeps_them(database, engine):
    _tables.create_all(engine)
    database.execute("INSERT INTO orders VALUES (1, 1)")
    before = state(database)
    with pytest.raises(CommandRefused, match="orders holds rows"):
        assert_reversible(SPEC, ROWS, names=NAMES, engine=engine)
    assert before == state(database)


@pytest.mark.slow
def test_what_the_guide_shows_runs_as_it_stands_beside_pytest_alembic(tmp_path):
    shown = [block.text for block in blocks(page("start")) if block.kind == "python"]
    (revision,) = [block for block in shown if "def upgrade" in block]
    (tests,) = [block for block in shown if "assert_reversible" in block]

    def run(*arguments, status=0):
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=tmp_path,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert status == done.returncode, done.stdout + done.stderr
        return done.stdout

    run("alembic", "init", "migrations")
    run("alembic_rekey.cli", "init")
    head = "import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = {!r}, {!r}\n"
    made = (
        "def upgrade():\n"
        "    op.create_table('customers', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.Text))\n"
        "    op.create_table('orders', sa.Column('id', sa.Integer, primary_key=True),\n"
        "        sa.Column('customer_id', sa.Integer, sa.ForeignKey('customers.id'), nullable=False))\n"
        "    op.create_table('letters', sa.Column('id', sa.Integer, primary_key=True), sa.Column('customer', sa.Text))"
    )
    versions = tmp_path / "migrations" / "versions"
    (versions / "0001.py").write_text(head.format("0001", None) + made, "utf-8")
    (versions / "0002.py").write_text(head.format("0002", "0001") + revision, "utf-8")
    (tmp_path / "test_fold.py").write_text(tests, "utf-8")
    kit = ("-q", "test_fold.py")
    assert f"{tests.count('def test_')} passed" in run("pytest", *kit)
    (tmp_path / "test_fold.py").write_text(tests.replace('{10: "rekey"}', '{10: "rekey", 11: "rekey"}'), "utf-8")
    said = run("pytest", *kit, status=1)
    assert said.index("{10: 'rekey', 11: 'rekey'}") < said.index("} != {") < said.index("{10: 'rekey'}")


@pytest.mark.sqlite_first
def test_a_table_may_have_a_per_cent_sign_in_its_name(engine):
    """PostgreSQL is asked for the sequence of the key by the name of its table, as a value."""
    shares = sa.Table('share of "100%"', sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("name", sa.Text))
    spec = Spec(revision="0007", identity=Identity(noun="customer", key=shares.c.id, name=shares.c.name))
    assert_reversible(spec, {shares.name: [{"id": 1, "name": "p05"}]}, names=NAMES, engine=engine)

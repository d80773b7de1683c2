"""Claims about what is said of a database's failure: the state decides, wherever a driver keeps it."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

import small
from alembic_rekey.connection.failures import refusing_database_errors, sqlstate
from alembic_rekey.errors import DatabaseFailed
from alembic_rekey.settings import Settings
from alembic_rekey.sql.dialects import DATABASES
from commands import rekey_with
from databases import SQLiteDatabase
from declared import declared
from examples import alembic_here
from faults import address

POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
NOT_TRIED = ("sqlite+libsql:///a.db", "postgresql+psycopg2cffi://u:s3cret@h/d", "postgresql+nosuch://u:s3cret@h/d")


@pytest.mark.parametrize("url", NOT_TRIED)
@pytest.mark.parametrize("command", ["upgrade", "current", "plan"])
def test_a_driver_that_cannot_is_refused_by_name_with_those_that_can(tmp_path, monkeypatch, url, command):
    monkeypatch.chdir(tmp_path)
    if command == "plan":
        said = rekey_with("-c", str(small_ini(tmp_path)), "-x", f"url={url}", "plan")
        code, err = said.status, said.err
    else:
        ended = alembic_here(*command.split(), *(["head"] if command == "upgrade" else []), url=url)
        code, err = ended.code, ended.err
    assert 1 == code
    kind, driver = make_url(url).drivername.split("+")
    assert f"FAILED: setting url: the driver {driver} is not supported.\n" in err
    for other in DATABASES[kind].drivers:
        assert f"{kind}+{other}://…" in err
    assert "s3cret" not in err


def small_ini(folder):
    return small.make(SQLiteDatabase(folder / "small.db"), folder / "small").config


@pytest.mark.slow
@POSTGRESQL
def test_a_statement_timeout_is_told_as_what_it_is_and_its_remedy_tells_the_lock(database, tmp_path):
    """Case 37.2: it was told as an unknown failure."""
    project = small.make(database, tmp_path)
    url = f"{database.url}?options=-cstatement_timeout%3D800"
    with psycopg.connect(address(database)) as other:
        other.execute("LOCK TABLE notes IN ROW EXCLUSIVE MODE")
        ended = project.alembic("upgrade", "head", url=url)
        assert "statement_timeout of this role or database ended it" in ended.err
        assert "-x lock_timeout=SECONDS below it" in ended.err
        followed = project.alembic("upgrade", "head", url=url, lock_timeout="0.3")
        assert "another transaction holds a lock" in followed.err
    assert [1, 1] == [ended.code, followed.code]
    project.does("upgrade", "head", url=url, lock_timeout="0.3")


@POSTGRESQL
def test_a_connection_that_stood_still_too_long_is_no_server_that_cannot_be_reached(database, tmp_path):
    """Case 37.3: the URL was blamed."""
    stands_still = small.revision("0000", None, "import time; time.sleep(0.5)")
    project = small.make(database, tmp_path, before="0000", revisions={"0000_waits": stands_still})
    ended = project.alembic(
        "upgrade", "head", url=f"{database.url}?options=-cidle_in_transaction_session_timeout%3D100"
    )
    assert 1 == ended.code
    assert "the idle_in_transaction_session_timeout of this role or database ended the connection" in ended.err
    assert "can be reached" not in ended.err


class Kept(Exception):  # stands for an error of a driver
    """An error that keeps the state as one of the drivers does."""


def raised(**kept):
    error = Kept(*([kept["fields"]] if "fields" in kept else ["words"]))
    for name in kept.keys() - {"fields"}:
        setattr(error, name, kept[name])
    return error


DRIVERS = {
    "psycopg": {"sqlstate": "55P03"},
    "psycopg2": {"pgcode": "55P03"},
    "pg8000": {"fields": {"C": "55P03", "M": "canceling statement due to lock timeout"}},
}


@pytest.mark.parametrize("driver", DRIVERS)
def test_the_state_is_found_wherever_a_driver_keeps_it(driver):
    settings = Settings.read(["url=postgresql+psycopg://h/d"], lambda *_: None, Path())
    error = raised(**DRIVERS[driver])
    assert "55P03" == sqlstate(error)
    refused = pytest.raises(DatabaseFailed, match="another transaction holds a lock")
    with refused as failed, refusing_database_errors(settings):
        raise OperationalError("SELECT 1", {}, error)
    assert "{" not in failed.value.problem


def test_an_error_without_a_state_has_none():
    assert ["", "", ""] == [sqlstate(None), sqlstate(ValueError()), sqlstate(ValueError({"M": "x"}))]


@POSTGRESQL
def test_nothing_is_prepared_on_the_server_so_that_a_pooler_may_change_the_connection(database, tmp_path):
    """Case 31: through a pooler of transactions every other command failed."""
    often = "for n in range(9):\n    op.get_bind().execute(sa.text('SELECT 1'))"
    asks = {"0000_asks_often": small.revision("0000", None, often)}
    project = small.make(database, tmp_path, before="0000", revisions=asks)
    database.execute(
        "CREATE SEQUENCE looked; CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM nextval('looked');"
        " ASSERT NOT EXISTS (SELECT FROM pg_prepared_statements); RETURN NEW; END $$;"
        "CREATE TRIGGER look AFTER UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION look()"
    )
    project.does("upgrade", "head")
    # Once as the row changes, and once as its way back is rehearsed.
    assert [(2, True)] == database.rows("SELECT last_value, is_called FROM looked")


FIRING = {
    "raises": (
        {
            "sqlite": "CREATE TRIGGER meddle BEFORE UPDATE ON notes BEGIN SELECT RAISE(ABORT, 'never'); END",
            "postgresql": "RAISE EXCEPTION 'never'",
        },
        "a trigger of the application says so.",
    ),
    "skips": ({"postgresql": "RETURN NULL"}, "a trigger that skips or changes rows as they are written leaves it so."),
    "is broken": (
        {"sqlite": "CREATE TRIGGER meddle AFTER UPDATE ON notes BEGIN INSERT INTO nowhere VALUES (1); END"},
        "a trigger of the application says so.",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "how"), [(one, how) for how, (does, _) in FIRING.items() for one in does], indirect=["database"]
)
def test_a_trigger_that_stands_in_the_way_is_told_as_one_and_the_plan_names_it(database, tmp_path, how):
    """Case: mend the cause and run it again, which named none; the remedy is followed."""
    does, remedy = FIRING[how]
    schema = """CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(9) NOT NULL);
        INSERT INTO projects VALUES (1, 'a'), (2, 'b');
        CREATE TABLE notes (id INTEGER PRIMARY KEY, project_id INTEGER REFERENCES projects);
        INSERT INTO notes VALUES (1, 2);"""
    spec = """Spec(revision=revision, identity=Identity(noun="project", key=t["projects"].c.id,
        name=t["projects"].c.name),
        references=(References(noun="note", key=t["notes"].c.id, owners=(t["notes"].c.project_id,)),))"""
    project = declared(database, tmp_path, schema, spec, ["projects", "notes"], names={"a": ["b"]})
    trigger = does[database.dialect]
    if database.dialect == "postgresql":
        trigger = f"""CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {trigger}; END$$;
            CREATE TRIGGER meddle BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION meddle()"""
    database.execute(trigger)
    ended = project.upgrade()
    assert (1, True) == (ended.code, remedy in ended.err)
    assert "triggers fire: meddle of notes (UPDATE)" in project.rekey("plan").out
    away = {"sqlite": "DROP TRIGGER meddle", "postgresql": "ALTER TABLE notes DISABLE TRIGGER meddle"}
    database.execute(away[database.dialect])
    assert 0 == project.upgrade().code


@pytest.mark.slow
@POSTGRESQL
def test_who_only_reads_by_default_is_not_sent_to_another_server_alone(database, tmp_path):
    project = small.make(database, tmp_path)
    ended = project.alembic("upgrade", "head", url=f"{database.url}?options=-cdefault_transaction_read_only%3Don")
    assert (1, True) == (ended.code, "default_transaction_read_only is on" in ended.err)


def test_row_security_that_refuses_to_hide_rows_has_the_remedy_of_row_security():
    """Case: grant the account the missing right, where `row_security` is off."""
    settings = Settings.read(["url=postgresql+psycopg://h/d"], lambda *_: None, Path())
    error = raised(
        fields={"C": "42501", "M": 'query would be affected by row-level security policy for table "orders"'}
    )
    with pytest.raises(DatabaseFailed, match="BYPASSRLS"), refusing_database_errors(settings):
        raise OperationalError("SELECT 1", {}, error)


def test_a_value_in_the_message_is_no_state():
    """Case: a number that was out of range looked like the state of a type that does not fit."""
    settings = Settings.read(["url=postgresql+psycopg://h/d"], lambda *_: None, Path())
    error = raised(fields={"C": "22003", "M": "value 42804 is out of range for type smallint"})
    with pytest.raises(DatabaseFailed, match="mend the cause"), refusing_database_errors(settings):
        raise OperationalError("SELECT 1", {}, error)


SUMMED = """Spec(revision=revision, identity=Identity(noun="customer", key=t["customers"].c.id,
    name=t["customers"].c.name, duplicates=Duplicates.FOUND, absorb={"total": Absorb.SUM}))"""
ADDED = {
    "sqlite": ("BIGINT", 2**63 - 1, "integer overflow", "more than 64 bits hold"),
    "postgresql": ("BOOLEAN", "true", "function sum(boolean) does not exist", "find the type that the message names"),
}


@pytest.mark.slow
def test_what_the_database_cannot_add_up_has_a_remedy(database, tmp_path):
    """Case: mend the cause and run it again, which said nothing of the column or the spec."""
    type_, value, problem, remedy = ADDED[database.dialect]
    schema = f"""CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, total {type_});
        INSERT INTO customers VALUES (1, 'a', {value}), (2, 'A', {value}), (3, 'a ', {value});"""
    made = declared(
        database, tmp_path, schema, SUMMED, ["customers"], names={}, types={"customers.total": "sa.Integer"}
    )
    made.upgrade("0001")
    before = database.snapshot()
    planned, failed = made.check(), made.upgrade()
    assert (1, 1) == (planned.status, failed.code)
    for said in (planned.err, failed.err):
        assert problem in said
        assert remedy in said.partition("what to do: ")[2]
    assert before == database.snapshot()
    fold = made.folder / "migrations" / "versions" / "0002_fold.py"
    fold.write_text(fold.read_text("utf-8").replace(', absorb={"total": Absorb.SUM}', ""), "utf-8")
    assert (0, 0) == (made.check().status, made.upgrade().code)

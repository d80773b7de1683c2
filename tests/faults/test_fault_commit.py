"""A connection that is lost while COMMIT runs: this side cannot know what came of it, and says where to look."""

import threading
import time
from contextlib import closing, contextmanager

import psycopg
import pytest

from examples import KNOWN_BY_THE_UPGRADE, alembic_here, folded, prepared, refuses
from faults import address, quiet

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database", ["postgresql"], indirect=True)]

SLEEPS = (
    "CREATE FUNCTION sleeps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;"
    "CREATE CONSTRAINT TRIGGER sleeps AFTER UPDATE ON alembic_version DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION sleeps()"
)
"""On the table of versions: what is deferred on the folded ones is asked before COMMIT."""
REVISIONS = ("0002", "0003 (head)")


@contextmanager
def lost_during_commit(database, waits_for):
    """Ends the connection that has asked for COMMIT as soon as it `waits_for` something there."""
    found = (
        "SELECT pid FROM pg_stat_activity WHERE datname = %s AND upper(query) LIKE 'COMMIT%%' AND state = 'active'"
        " AND wait_event = %s"
    )
    ended = []

    def end():
        with closing(psycopg.connect(address(database), autocommit=True)) as watching:
            for _ in range(6000):
                if pids := watching.execute(found, [database.name, waits_for]).fetchall():
                    ended.append(watching.execute("SELECT pg_terminate_backend(%s)", pids[0]).fetchone())
                    return
                time.sleep(0.01)

    ending = threading.Thread(target=end, daemon=True)
    ending.start()
    yield
    ending.join(70)
    assert [(True,)] == ended


def command(database, registry, *words):
    return alembic_here(*words, url=database.url, registry=registry, report_dir=registry.parent / "reports")


def says_that_it_is_open(ended):
    assert (1, "") == (ended.code, ended.out)
    assert "FAILED: database " in ended.err
    assert "the connection was lost during COMMIT: " in ended.err
    assert "whether it happened is open" in ended.err
    assert "`alembic current` tells" in ended.err
    assert "nothing was changed" not in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("way", ["upgrade", "downgrade"])
def test_a_commit_that_is_cut_off_while_it_works_did_not_happen_and_is_told_as_open(database, upgrade, tmp_path, way):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry, "head" if way == "downgrade" else "0002")
    database.execute(SLEEPS)
    before = database.snapshot()
    words = {"upgrade": ("upgrade", "head"), "downgrade": ("downgrade", "-1")}[way]
    with lost_during_commit(database, "PgSleep"):
        says_that_it_is_open(command(database, registry, *words))
    quiet(database)
    assert before == database.snapshot()
    assert f"{REVISIONS[way == 'downgrade']}\n" == command(database, registry, "current").out
    database.execute("DROP FUNCTION sleeps() CASCADE")
    ended = command(database, registry, *words)
    assert 0 == ended.code, ended.err


@contextmanager
def standby_that_never_answers(database):
    """COMMIT is done and then waits for a standby, before the client hears of it."""
    with closing(psycopg.connect(database.server.url("postgres").replace("+psycopg", ""), autocommit=True)) as server:
        server.execute(f"ALTER DATABASE {database.name} SET synchronous_commit = on")
        server.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        server.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            server.execute("ALTER SYSTEM RESET synchronous_standby_names")
            server.execute("SELECT pg_reload_conf()")


@pytest.mark.parametrize("way", ["upgrade", "downgrade"])
def test_a_commit_that_is_cut_off_before_its_answer_did_happen_and_is_told_as_open(
    database, upgrade, rekey, tmp_path, report_dir, way
):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry, "head" if way == "downgrade" else "0002")
    words = {"upgrade": ("upgrade", "head"), "downgrade": ("downgrade", "-1")}[way]
    with standby_that_never_answers(database), lost_during_commit(database, "SyncRep"):
        ended = command(database, registry, *words)
    says_that_it_is_open(ended)
    quiet(database)
    assert f"{REVISIONS[way == 'upgrade']}\n" == command(database, registry, "current").out
    if way == "upgrade":
        (pending,) = report_dir.iterdir()
        assert f"stays complete as {pending}." in ended.err
        assert (".pending", 0) == (pending.suffix, rekey(database, "report").returncode)
    again = command(database, registry, *words[:1], {"upgrade": "head", "downgrade": "0002"}[way])
    assert 0 == again.code, again.err
    assert [("restored" if way == "downgrade" else "applied",)] == database.rows("SELECT outcome FROM rekey_run")


def test_a_commit_that_the_server_refuses_changed_nothing_and_is_told_so(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry, "0002")
    database.execute(SLEEPS.replace("PERFORM pg_sleep(60)", "RAISE 'not today'"))
    assert "open" not in refuses(
        database, registry, "not today", "a trigger of the a", "nothing was changed", planned=KNOWN_BY_THE_UPGRADE
    )

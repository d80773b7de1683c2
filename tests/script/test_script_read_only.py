"""A script writes nothing where transactions are read-only by default, as the server itself refuses online."""

from __future__ import annotations

import pytest

from declared import declared
from shells import stopped_at

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO customers VALUES (1, 'p05'), (2, 'p05-interferometer')
"""
SPEC = """Spec(revision=revision, identity=Identity(noun="customer", key=t["customers"].c.id,
                                                   name=t["customers"].c.name, registered="projects"))"""


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("way", ["upgrade", "downgrade"])
def test_who_only_reads_by_default_is_refused_both_ways_and_may_say_otherwise(database, tmp_path, way):
    project = declared(database, tmp_path, SCHEMA, SPEC, ["customers"], names={"p05-interferometer": ["p05"]})
    before, after = [(1,), (2,)], [(2,)]
    if way == "downgrade":
        project.goes("online")
        before, after = after, before
    script = project.script(*(("head",) if way == "upgrade" else ("0002:0001", "downgrade")))
    database.execute(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    database.disconnect()
    assert 0 != (project.upgrade() if way == "upgrade" else project.downgrade()).code
    refused = database.run_script(script)
    assert ["rekey_read_only"] == stopped_at(refused)
    assert 0 != refused.returncode
    assert before == database.rows("SELECT id FROM customers ORDER BY id")
    followed = database.run_script(script, env={"PGOPTIONS": "-c default_transaction_read_only=off"})
    assert 0 == followed.returncode, followed.stderr
    assert after == database.rows("SELECT id FROM customers ORDER BY id")

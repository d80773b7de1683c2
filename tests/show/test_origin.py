"""Where names come from is told as it is: a plan of rows that the data say are one speaks of no registry."""

from declared import declared


def test_a_plan_of_found_groups_names_no_registry(database, tmp_path):
    project = declared(
        database,
        tmp_path,
        """CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(99));
        INSERT INTO people VALUES (1, 'a@x'), (2, 'A@x');""",
        'Spec(revision=revision, identity=Identity(noun="person", key=t["people"].c.id, name=t["people"].c.mail, '
        "duplicates=Duplicates.FOUND))",
        ["people"],
        names={},
    )

    said = project.rekey("plan")

    assert 0 == said.status
    assert "  registry     none: rows are one that agree in the database\n" in said.out
    assert "canonical names" not in said.out
    assert "registry file" not in said.out


def test_a_plan_of_rows_whose_keys_are_bytes_names_each_by_its_row(database, tmp_path):
    """Bytes are an object in a report, which no dictionary holds as a key."""
    type_, written = ("BLOB", "X'{}'") if database.dialect == "sqlite" else ("bytea", r"'\x{}'")
    key, shadow = written.format("00"), written.format("ff")
    project = declared(
        database,
        tmp_path,
        f"""CREATE TABLE people (id {type_} NOT NULL PRIMARY KEY, name VARCHAR(99));
        CREATE TABLE letters (id INTEGER PRIMARY KEY, person {type_});
        INSERT INTO people VALUES ({key}, 'Ada'), ({shadow}, 'ada l.');
        INSERT INTO letters VALUES (1, {shadow});""",
        'Spec(revision=revision, identity=Identity(noun="project", key=t["people"].c.id, name=t["people"].c.name, '
        'missing=Missing.PROMOTE), references=(References(noun="letter", key=t["letters"].c.id, '
        'owners=(t["letters"].c.person,)),))',
        ["people", "letters"],
        names={"Ada": ["ada l."]},
    )

    said = project.rekey("plan", "--check")

    assert 0 == said.status, said.err
    assert "letters: rekeyed (1)\n  'ada l.' -> 'Ada': 1 row\n" in said.out

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

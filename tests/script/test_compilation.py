"""How constructs become text: each name stands once, and every column is found where it was meant."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, column, exists, func, insert, literal, select, table
from sqlalchemy.dialects import postgresql, sqlite

import legacy
from alembic_rekey.script.compilation import compiled
from scripts import REGISTRY, generated

URLS = {"sqlite": "sqlite:////no/such/folder/atocore.db", "postgresql": "postgresql://host.invalid:1/nothing"}

notes = Table("notes", MetaData(), Column("id", Integer), Column("tag", Text))
kept = table("rekey_journal_notes", column("id", Integer()), column("tag", Text()))


@pytest.fixture(params=[sqlite, postgresql])
def dialect(request):
    return request.param.dialect(paramstyle="named")


def one_line(clause, dialect):
    return " ".join(compiled(clause, dialect).split())


@pytest.mark.parametrize("database", URLS)
def test_no_script_labels_a_column_by_its_own_name_or_by_a_number(tmp_path, database):
    script = generated(URLS[database], legacy.write_registry(tmp_path / "registry.json", REGISTRY))
    assert [] == re.findall(r"\b(?:anon|count|max|coalesce|literal)_\d+\b", script)
    assert [] == re.findall(r"\b[a-z_]+\.(\w+) AS \1\b", script)


def test_a_relation_of_ours_that_stands_alone_is_not_named_again(dialect):
    made = insert(notes).from_select(["id"], select(func.max(kept.c.id)).where(kept.c.tag == literal("a")))
    assert "INSERT INTO notes (id) SELECT max(id) FROM rekey_journal_notes WHERE tag = 'a'" == one_line(made, dialect)


def test_columns_of_the_application_are_found_in_their_own_table_only(dialect):
    """A table that lacks the column takes none of an outer query for it."""
    inner = select(notes.c.tag).where(notes.c.id == kept.c.id)
    assert (
        "SELECT id FROM rekey_journal_notes "
        "WHERE EXISTS (SELECT notes.tag FROM notes WHERE notes.id = rekey_journal_notes.id)"
    ) == one_line(select(kept.c.id).where(exists(inner)), dialect).replace("(EXISTS", "EXISTS").replace("))", ")")


def test_order_by_takes_no_label_for_a_column(dialect):
    ordered = select(kept.c.tag.label("id")).order_by(kept.c.id)
    assert "SELECT tag AS id FROM rekey_journal_notes ORDER BY rekey_journal_notes.id" == one_line(ordered, dialect)


def test_a_label_that_something_refers_to_is_kept(dialect):
    counted = select(func.count()).select_from(kept).subquery("rekey_counted")
    outer = select(counted.c[0] + 1, func.max(counted.c[0]).label("most"))
    assert (
        "SELECT count_1 + 1 AS anon_1, max(count_1) AS most "
        "FROM (SELECT count(*) AS count_1 FROM rekey_journal_notes) AS rekey_counted"
    ) == one_line(outer, dialect)

"""Claims about what SQLAlchemy 2.0 lacks or does otherwise: `.ci/run` asks them of the lowest version too."""

import pytest
from sqlalchemy import column, create_mock_engine, func, literal, select, table

from alembic_rekey.script.compilation import compiled
from alembic_rekey.sql.dialects.older import CreateTableAs, listed

TEXTS = table("texts", column("of"), column("said"))


@pytest.fixture(params=["sqlite://", "postgresql+psycopg://"])
def dialect(request):
    return create_mock_engine(request.param, print, paramstyle="named").dialect


def test_a_backslash_is_written_once_in_a_script(dialect):
    assert r"'a\b'" in compiled(select(literal(r"a\b")), dialect)


def test_a_table_is_made_of_rows_without_parameters(dialect):
    made = CreateTableAs(select(TEXTS.c.said).where(TEXTS.c.of == "a%b"), "rekey Kept")
    written = compiled(made, dialect)
    assert written.startswith('CREATE TEMPORARY TABLE "rekey Kept" AS')
    assert "'a%b'" in written


def test_texts_are_listed_with_commas_and_no_parameter(dialect):
    written = compiled(select(listed(func.lower(TEXTS.c.said))), dialect)
    assert "lower(" in written
    assert "', '" in written

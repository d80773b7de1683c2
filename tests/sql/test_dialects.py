"""Claims about databases: what each says stands in its own place, and one that is not known fails loudly."""

from importlib import import_module
from pkgutil import walk_packages

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, Uuid, column, literal, select
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import CompileError
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.elements import ClauseElement

import alembic_rekey
from alembic_rekey.errors import DatabaseUnsupported
from alembic_rekey.spec import Identity
from alembic_rekey.spec.stamp import Epoch
from alembic_rekey.sql import digests, equality, expressions, references, registry_text, side_tables, values
from alembic_rekey.sql import times as time_values
from alembic_rekey.sql.dialects import DATABASES, database, older

THINGS = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("name", Text), Column("at", Text))
PART = Identity(noun="thing", key=THINGS.c.id, name=THINGS.c.name)
NAME, AT = THINGS.c.name, THINGS.c.at
CONSTRUCTS = [
    digests.ListDigest(NAME, THINGS.c.id),
    digests.RowDigest([NAME]),
    digests.Told(NAME),
    expressions.Item(NAME, 1),
    equality.AsText(NAME),
    equality.NotAmong(NAME == AT, NAME != AT),
    equality.Same(NAME, AT),
    equality.SameRow([NAME], [AT]),
    equality.SameSlot(NAME, AT),
    equality.SoughtByNumber(THINGS.c.id, NAME),
    expressions.ByCodePoint(NAME),
    expressions.Clock(),
    expressions.EveryColumn(THINGS),
    expressions.Exact(NAME),
    expressions.InsertRows(THINGS, select(THINGS)),
    expressions.PutBackRows(THINGS, select(THINGS)),
    expressions.Scanned(NAME),
    expressions.Sentence(["of ", NAME, expressions.Quoted(NAME)]),
    expressions.Uncollated(NAME),
    expressions.Verbatim("SELECT 1"),
    older.CreateTableAs(select(THINGS), "rekey_things"),
    expressions.Written(NAME, AT),
    references.Refers(THINGS.c.id, THINGS.c.id),
    registry_text.BeyondASCII(NAME),
    registry_text.FoldedName(NAME, (), first=True),
    registry_text.FromHexadecimal("40"),
    side_tables.CreateJournal("rekey_journal_things", PART),
    references.DropColumn(THINGS, "at"),
    references.ReplicateWhole("rekey_journal_things"),
    time_values.Counted(expressions.Clock(), Epoch(THINGS.c.id, "s")),
    time_values.Day(AT),
    time_values.Moment(AT),
    time_values.Spelled(expressions.Clock(), AT, None),
    time_values.Unread(AT),
    values.Constant(literal("a"), Text()),
    values.Key(column("alias", Text()), Uuid()),
    values.NoNumber(NAME, AT),
    values.Number(NAME, Integer()),
    values.KeyText([THINGS.c.id, NAME]),
]
OF_ONE = tuple(f"alembic_rekey.sql.dialects.{name}." for name in DATABASES)
POSTGRESQL_ONLY = {"ReplicateWhole", "Verbatim"}


def of_ours(root):
    """Every construct below `root` that this package defines."""
    return (made for made in said_otherwise(root) if made.__module__.startswith("alembic_rekey."))


def said_otherwise(root):
    """Every construct below `root` that has handlers of `@compiles`."""
    for made in root.__subclasses__():
        yield from said_otherwise(made)
        if "_compiler_dispatcher" in vars(made):
            yield made


def load_all():
    for module in walk_packages(alembic_rekey.__path__, "alembic_rekey."):
        if not module.name.endswith("__main__"):
            import_module(module.name)


def name_of(construct):
    return type(construct).__name__


def test_every_construct_is_tried_here_or_belongs_to_one_database():
    load_all()
    made = [*of_ours(ClauseElement), *of_ours(ExecutableDDLElement)]
    shared = {each.__name__ for each in made if not each.__module__.startswith(OF_ONE)}
    assert set(map(name_of, CONSTRUCTS)) == shared


def test_what_is_sqlalchemys_own_is_said_as_it_says_it():
    """An application's statements in the same process are none of our business."""
    load_all()
    handlers = [
        handler
        for root in (ClauseElement, ExecutableDDLElement)
        for made in said_otherwise(root)
        if made.__module__.startswith("sqlalchemy.")
        for handler in vars(made)["_compiler_dispatcher"].specs.values()
    ]
    assert [] == [handler for handler in handlers if handler.__module__.startswith("alembic_rekey.")]


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=name_of)
def test_no_construct_is_written_for_a_database_that_is_not_known(construct):
    with pytest.raises(CompileError):
        construct.compile(dialect=mysql.dialect())


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=name_of)
def test_every_construct_is_written_for_the_databases_that_are(construct):
    assert str(construct.compile(dialect=postgresql.dialect()))
    if name_of(construct) not in POSTGRESQL_ONLY:
        assert str(construct.compile(dialect=sqlite.dialect()))


def test_a_name_of_the_registry_is_not_written_for_a_database_that_is_not_known():
    with pytest.raises(CompileError):
        literal("é", registry_text.RegistryText()).compile(
            dialect=mysql.dialect(), compile_kwargs={"literal_binds": True}
        )


def test_a_database_that_is_not_known_is_refused_with_those_that_are():
    with pytest.raises(DatabaseUnsupported) as refused:
        database("mysql")
    assert "the database mysql is not supported" in str(refused.value)
    assert all(name in str(refused.value) for name in DATABASES)

"""Claims about what a revision may declare; whatever the engine cannot fold is refused as it is declared."""

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from alembic_rekey.errors import SpecRefused
from alembic_rekey.spec import (
    Absorb,
    Check,
    Differing,
    Duplicates,
    Identity,
    Itself,
    Match,
    References,
    Slots,
    Spec,
    Tags,
    most,
)
from declared import declared


def table(name, *, key=sa.Text, time=sa.DateTime, schema=None):
    columns = [sa.Column("id", key), *(sa.Column(each, sa.Text) for each in ("name", "owner", "slot", "state"))]
    return sa.Table(name, sa.MetaData(schema=schema), *columns, sa.Column("changed_at", time))


def identity(of, noun="shop", **more):
    return Identity(noun=noun, key=of.c.id, name=of.c.name, updated_at=of.c.changed_at, **more)


def slots(of, noun="setting"):
    named = {"owners": (of.c.owner,), "slot": (of.c.slot,), "value": of.c.name, "status": of.c.state}
    return Slots(noun=noun, key=of.c.id, updated_at=of.c.changed_at, **named)


def test_integers_texts_and_uuids_can_be_keys_and_only_integers_are_left_to_the_database():
    kinds = {
        sa.Integer: True,
        sa.BigInteger: True,
        sa.Text: False,
        sa.String(36): False,
        sa.Uuid: False,
        sa.UUID: False,
    }
    for key, made in kinds.items():
        spec = Spec(revision="r", identity=identity(table("shops", key=key)))
        assert made == spec.identity.database_makes_keys


def found(of, **more):
    return Identity(**{"noun": "shop", "key": of.c.id, "duplicates": Duplicates.FOUND, "match": (of.c.name,), **more})


def with_tags(of, identity, **more):
    return Spec(revision="r", identity=identity, tags=(Tags(noun="tag", key=of.c.id, tag=of.c.name, **more),))


SHOPS, OTHERS, LINES = table("shops"), table("tags"), table("lines")
NOT_TOGETHER = {
    "tags of an identity that has no name": (lambda: with_tags(OTHERS, found(SHOPS)), "an identity without one"),
    "tags within more than the identity": (
        lambda: with_tags(OTHERS, found(SHOPS, name=SHOPS.c.name), within=(OTHERS.c.slot,)),
        "within other columns than the identity's",
    ),
    "the most referred to of a key of two columns": (
        lambda: Spec(
            revision="r", identity=found(SHOPS, key=(SHOPS.c.id, SHOPS.c.slot), survivor=(most(OTHERS.c.owner),))
        ),
        "counts the rows that refer by tags.owner to a key of 2 columns",
    ),
    "neither a name nor an expression": (
        lambda: Spec(revision="r", identity=found(SHOPS, match=Match.FOLDED)),
        "has neither a name nor an expression to match by",
    ),
    "the registry's groups without a name": (
        lambda: Spec(revision="r", identity=Identity(noun="shop", key=SHOPS.c.id)),
        "has no name, and takes its groups from the registry",
    ),
    "an expression for what the registry lists": (
        lambda: Spec(revision="r", identity=identity(SHOPS, match=(SHOPS.c.name,))),
        "matches by an expression what the registry lists",
    ),
    "a row that is deleted for being its own parent": (
        lambda: Spec(revision="r", identity=identity(SHOPS, itself=Itself.DELETE)),
        "would delete a row that becomes its own parent",
    ),
    "rows that are created with a key of two columns": (
        lambda: Spec(revision="r", identity=Identity(noun="s", key=(SHOPS.c.id, SHOPS.c.slot), name=SHOPS.c.name)),
        "would create rows whose key has several columns",
    ),
    "an owner of another width": (
        lambda: Spec(
            revision="r",
            identity=identity(SHOPS),
            references=(References(noun="o", key=OTHERS.c.id, owners=((OTHERS.c.owner, OTHERS.c.slot),)),),
        ),
        "has an owner (owner, slot) in 'o' for a key of 1 columns",
    ),
    "rows of slots that are not there": (
        lambda: Spec(
            revision="r",
            identity=identity(SHOPS),
            references=(References(noun="o", key=OTHERS.c.id, owners=(OTHERS.c.owner,), of="nobody"),),
        ),
        "which is no Slots of it",
    ),
    "names of whom, where slots are of several": (
        lambda: Spec(
            revision="r",
            identity=identity(SHOPS),
            slots=(Slots(noun="o", key=OTHERS.c.id, owners=(OTHERS.c.owner, OTHERS.c.slot)),),
            references=(References(noun="l", key=LINES.c.id, owners=(LINES.c.owner,), of="o", names=(LINES.c.name,)),),
        ),
        "has names in 'l' of rows of 'o', which have several owners: nothing says whose",
    ),
    "a status of another type than what it says": (
        lambda: with_tags(OTHERS, identity(SHOPS), status=OTHERS.c.state, superseded=False),
        "says superseded=False for tags.state, of type Text()",
    ),
    "the newest where there is no time": (
        lambda: Spec(
            revision="r",
            identity=identity(SHOPS),
            slots=(Slots(noun="o", key=OTHERS.c.id, owners=(OTHERS.c.owner,), differing=Differing.NEWEST),),
        ),
        "lets the newest value stay, and has no time",
    ),
}


@pytest.mark.parametrize("what", NOT_TOGETHER)
def test_what_does_not_fit_together_is_refused_as_it_is_declared(what):
    made, said = NOT_TOGETHER[what]
    with pytest.raises(SpecRefused, match=re.escape(said)):
        made()


def referring(**more):
    return Spec(
        revision="r",
        identity=identity(SHOPS),
        references=(References(**{"noun": "o", "key": OTHERS.c.id, "owners": (OTHERS.c.owner,), **more}),),
    )


def alone(**more):
    return Spec(revision="r", identity=Identity(**{"noun": "s", "key": SHOPS.c.id, "name": SHOPS.c.name, **more}))


def checked(sentence, offending=None):
    offending = sa.select(SHOPS.c.id) if offending is None else offending
    odd = Check(name="odd", claim="c.", sentence=sentence, remedy="r.", offending=offending)
    return Spec(revision="r", identity=identity(SHOPS), checks=(odd,))


class Base(DeclarativeBase):
    """All classes of the application."""


class Model(Base):
    """One of them: it changes after the revision is written."""

    __tablename__ = "models"
    id: Mapped[int] = mapped_column(primary_key=True)


MISGIVEN = {
    "an owner without a comma": (lambda: referring(owners=OTHERS.c.owner), "has tags.owner for owners of 'o'"),
    "a list of owners": (lambda: referring(owners=[OTHERS.c.owner]), "for owners of 'o'"),
    "a text for a member": (lambda: referring(on_fold="delete"), "has 'delete' for on_fold of 'o'"),
    "a text for a condition": (lambda: referring(where="id = 1"), "has 'id = 1' for where of 'o'"),
    "a condition on another table": (
        lambda: referring(where=SHOPS.c.name == "x"),
        "reads shops in where of 'o', whose table is tags",
    ),
    "a text for a column": (lambda: alone(key="id"), "has 'id' for key of 's'"),
    "a column of a model": (lambda: alone(key=Model.id), "for key of 's'"),
    "ranks without a comma": (lambda: alone(survivor=SHOPS.c.name.desc()), "has shops.name DESC for survivor of 's'"),
    "the most of a text": (lambda: alone(survivor=(most("tags.owner"),)), "for survivor of 's'"),
    "the most of two columns": (
        lambda: alone(survivor=(most((OTHERS.c.owner, OTHERS.c.slot)),)),
        "has (most((tags.owner, tags.slot)),) for survivor of 's'",
    ),
    "a rank of another table": (lambda: alone(survivor=(OTHERS.c.name,)), "reads tags in survivor of 's'"),
    "a text for how to absorb": (lambda: alone(absorb={"state": "sum"}), "has {'state': 'sum'} for absorb of 's'"),
    "a list of what to retire": (lambda: alone(retire=["state"]), "has ['state'] for retire of 's'"),
    "a key that is absorbed": (lambda: alone(absorb={"id": Absorb.MIN}), "has shops.id in absorb and for key"),
    "a name that is absorbed and registered": (
        lambda: alone(absorb={"name": Absorb.MIN}),
        "has shops.name in absorb and for name",
    ),
    "a time that is written and retired": (
        lambda: alone(updated_at=SHOPS.c.changed_at, retire={"changed_at": None}),
        "has shops.changed_at in retire and for updated_at",
    ),
    "a part without a comma": (
        lambda: Spec(revision="r", identity=identity(SHOPS), slots=slots(OTHERS)),
        "has slots that are no tuple of Slots",
    ),
    "a value that is absorbed": (
        lambda: Spec(
            revision="r", identity=identity(SHOPS), slots=(replace(slots(OTHERS), absorb={"name": Absorb.MAX}),)
        ),
        "has tags.name in absorb and for value",
    ),
    "a value for what a created row absorbs": (
        lambda: alone(created={"state": "new"}, absorb={"state": Absorb.MAX}),
        "gives created rows a value for 'state', which they absorb from the shadows",
    ),
    "a sentence about no label": (lambda: checked("{nope}"), "says {nope} in the sentence of the check 'odd', whose"),
    "a sentence that is never closed": (lambda: checked("{id"), "has the sentence '{id' in the check 'odd', which"),
    "a sentence by places": (lambda: checked("{0}"), "says {0} in the sentence of the check 'odd', which names no"),
    "a sentence without a name": (lambda: checked("{}"), "says {} in the sentence of the check 'odd', which names no"),
    "a sentence that looks into a value": (lambda: checked("{id.x}"), "says {id.x} in the sentence of the check 'odd'"),
    "a sentence with a format": (lambda: checked("{id:05}"), "formats {id} in the sentence of the check 'odd'"),
    "a sentence that converts otherwise": (lambda: checked("{id!x}"), "formats {id} in the sentence of the check"),
    "nobody": (lambda: Spec(revision="r", identity=None), "has no identity"),
}


@pytest.mark.parametrize("what", MISGIVEN)
def test_a_field_that_is_given_something_else_is_refused_with_what_belongs_there(what):
    made, said = MISGIVEN[what]
    with pytest.raises(SpecRefused, match=re.escape(said)) as refused:
        made()
    assert "what to do: " in str(refused.value)


def test_a_sentence_says_what_its_check_selects():
    """Braces are doubled; of a text nobody but the database knows the columns."""
    assert checked("{{{id}}} and {id!r}").checks
    assert checked("{anything}", sa.select(sa.text("id")).select_from(SHOPS)).checks
    assert checked("{shop}, {rows}", sa.select(SHOPS.c.id.label("shop"), sa.func.count().label("rows"))).checks


def test_a_condition_may_ask_other_tables_in_a_subquery():
    shops = sa.exists(sa.select(SHOPS.c.id).where(SHOPS.c.name == OTHERS.c.name))
    assert referring(where=shops).references[0].where is shops


REFUSED = {
    "a key of a type that no created row could get": (
        lambda: identity(table("shops", key=sa.Date)),
        (),
        "for the key of created rows",
    ),
    "a time that is a number": (
        lambda: identity(table("shops", time=sa.Integer)),
        (),
        "has shops.changed_at, of type Integer(), for a time",
    ),
    "a value for a column that is not declared": (
        lambda: identity(table("shops"), created={"colour": "red"}),
        (),
        "gives created rows a value for 'colour', which shops is not declared with",
    ),
    "a noun with a blank": (lambda: identity(table("shops"), noun="my shop"), (), "the noun 'my shop'"),
    "a noun that would be cut off": (lambda: identity(table("shops"), noun="s" * 31), (), "up to 30 small letters"),
    "a table whose journal's name would be cut off": (
        lambda: identity(table("ü" * 25)),
        (),
        "of 49 bytes at most",
    ),
    "two parts of one noun": (
        lambda: identity(table("shops")),
        (slots(table("settings"), noun="shop"),),
        "uses the noun 'shop' twice",
    ),
    "tables of one name in two schemas, which would share a journal": (
        lambda: identity(table("shops")),
        (slots(table("settings", schema="a")), slots(table("settings", schema="b"), noun="other")),
        "has tables of one name in several schemas, whose journals would be one",
    ),
    "two parts of one table": (
        lambda: identity(table("shops")),
        (slots(table("settings")), slots(table("settings"), noun="other")),
        "uses the table 'settings' twice",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_folded_is_refused(case):
    make, parts, says = case
    with pytest.raises(SpecRefused) as refused:
        Spec(revision="1a2b", identity=make(), slots=parts)
    assert "the spec of revision 1a2b " in str(refused.value)
    assert says in str(refused.value)
    assert "\n  what to do: " in str(refused.value)


def test_tags_that_agree_go_where_no_status_can_say_superseded():
    tagged = table("reviews")
    tags = Tags(noun="review", key=tagged.c.id, tag=tagged.c.name, agree=(tagged.c.slot,))
    spec = Spec(revision="r", identity=identity(table("shops")), tags=(tags,))
    assert (spec.identity, tags) == spec.deletable


@pytest.mark.slow
@pytest.mark.parametrize("length", [49, 57])
def test_a_key_with_a_long_name_is_planned_and_goes_back(database, tmp_path, length):
    """The journal's own column with that name in it was cut off in a plan on PostgreSQL."""
    key = "k" * length
    schema = f"""
    CREATE TABLE projects ({key} INTEGER PRIMARY KEY, name VARCHAR(40));
    CREATE TABLE notes (id INTEGER PRIMARY KEY, project INTEGER);
    INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol');
    INSERT INTO notes VALUES (1, 2);
    """
    spec = f"""Spec(revision=revision,
        identity=Identity(noun="project", key=t["projects"].c.{key}, name=t["projects"].c.name),
        references=(References(noun="note", key=t["notes"].c.id, owners=(t["notes"].c.project,)),))"""
    project = declared(database, tmp_path, schema, spec, ["projects", "notes"], names={"polisher": ["pol"]})
    planned = project.check()
    assert 0 == planned.status, planned.err
    assert 0 == project.upgrade().code
    assert [(1, 1)] == database.rows("SELECT id, project FROM notes")
    assert 0 == project.downgrade().code
    assert [(1, 2)] == database.rows("SELECT id, project FROM notes")

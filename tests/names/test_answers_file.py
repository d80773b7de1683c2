"""Claims about the file of answers: what it may say, and that whatever else stands there is refused with its place."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, Table, Text

import legacy
from alembic_rekey.errors import AnswersRefused
from alembic_rekey.names import answers as limits
from alembic_rekey.names.answers import Answers
from alembic_rekey.names.registry import read_registry
from alembic_rekey.spec import Identity, Missing, Slots, Spec
from answer_files import answer, written

PROJECTS = {"p05-interferometer": ["p05", "Größe"], "p06-polisher": ["p06"]}


def slots(name: str, *columns: str) -> Slots:
    others = ("id", "owner", "value", "status", "updated_at")
    table = Table(name, MetaData(), *(Column(each, Text) for each in (*others, *columns)))
    key, owner, value, status, updated_at = (table.c[each] for each in others)
    slot = tuple(table.c[each] for each in columns)
    return Slots(noun=name, key=key, owners=(owner,), slot=slot, value=value, status=status, updated_at=updated_at)


def spec_of(*parts: Slots) -> Spec:
    names = Table("people", MetaData(), Column("id", Text), Column("name", Text))
    return Spec(revision="1", identity=Identity(noun="person", key=names.c.id, name=names.c.name), slots=parts)


ONE = spec_of(slots("facts", "category", "key"))
SEVERAL = spec_of(slots("facts", "category", "key"), slots("odd", "project", "keep", "about"))


@pytest.fixture
def registry(tmp_path):
    return read_registry(legacy.write_registry(tmp_path / "registry.json", PROJECTS), "projects")


@pytest.fixture
def read(tmp_path, registry):
    """Reads a document or a text as a file of answers."""

    def run(document, spec=ONE):
        path = tmp_path / "answers.json"
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        return Answers.read(path, spec, registry, {}).given

    return run


@pytest.fixture
def problems(read):
    """The faults that refuse a document or a text."""

    def run(document, spec=ONE):
        with pytest.raises(AnswersRefused) as refusal:
            read(document, spec)
        assert "nothing was changed" in str(refusal.value)
        assert all(problem in str(refusal.value) for problem in refusal.value.problems)
        return refusal.value.problems

    return run


@pytest.mark.parametrize(
    "keep", ["canonical", "p05-interferometer", " P05-INTERFEROMETER\t", {"alias": "P05-Interferometer"}]
)
def test_the_canonical_row_is_named_by_the_word_or_by_its_name(read, keep):
    assert ["p05-interferometer"] == [one.alias for one in read([answer(keep)])]


def test_who_decided_and_why_is_kept_as_it_was_said(read):
    said = {"decided_by": " Mira 🧪 ", "why": "it's\nso"}
    (one, none) = read([answer("p05", **said), answer("p05", key="b", decided_by="", why=None)])
    assert ("Mira 🧪", "it's\nso", None, None) == (one.decided_by, one.why, none.decided_by, none.why)


@pytest.mark.parametrize("wrong", [7, True, ["Mira"], {"name": "Mira"}, "a\x00b"])
def test_who_decided_is_a_text_and_nothing_else(problems, wrong):
    (problem,) = problems([answer("p05", decided_by=wrong)])
    assert problem.startswith("resolutions[0].decided_by: ")


@pytest.mark.parametrize("project", ["p05-interferometer", "P05", "GRÖßE \n"])
@pytest.mark.parametrize("keep", ["p05", " P05 ", {"alias": "P05"}])
def test_names_match_as_those_of_the_registry_do(read, project, keep):
    (one,) = read([answer(keep, project)])
    assert ("p05-interferometer", "p05") == (one.canonical, one.alias)


def test_names_that_the_registry_does_not_have_are_left_to_the_guard(read):
    given = read([answer("p05", "p99"), answer("p06"), answer("canonical", "p06")])
    assert [(None, None), ("p05-interferometer", None), ("p06-polisher", "p06-polisher")] == [
        (one.canonical, one.alias) for one in given
    ]


def test_a_list_and_an_object_with_the_list_say_the_same(read):
    assert read([answer("p05")]) == read({"resolutions": [answer("p05")], "about": {"any": ["thing"]}})
    assert () == read([]) == read({"resolutions": []})


def test_what_a_form_shows_is_not_read_and_what_is_null_is_not_answered(read):
    shown = {"rows": [{"keep": "p05", "value": "x" * 1000, "unknown": 1}]}
    (one,) = read([answer(None, **shown), answer("p05", **shown)])
    assert 1 == one.number


def test_a_slot_is_compared_as_text(read):
    (one,) = read([answer("p05", "p05", 5, category=None)])
    assert (None, "5") == one.slot


def test_the_table_is_named_where_there_are_several_and_fields_never_clash(read, problems):
    odd = {"table": "odd", "project": "p05", "keep": "p05", "slot.project": "a", "slot.keep": "b", "slot.about": "c"}
    assert [("odd", ("a", "b", "c")), ("facts", ("decision", "vendor"))] == [
        (one.table, one.slot) for one in read([odd, answer("p05", table="facts")], SEVERAL)
    ]
    assert ("resolutions[0].table: must be one of the tables of slots (facts, odd), not null or absent",) == problems(
        [answer("p05")], SEVERAL
    )
    assert "none: the revision has no slots" in problems([answer("p05")], spec_of())[0]


def test_owners_and_a_row_are_read_as_texts_of_their_columns(read):
    """What an owner is called is shown for a person: it may say anything."""
    slot = {"project": "p05", "category": "c", "key": "k"}
    said = [
        {**slot, "owner.owner": 7, "keep": {"row": 12}},
        {**slot, "owner.owner": {"key": None, "called": [1]}, "keep": {"row": ""}},
        {**slot, "keep": "p05"},
    ]
    assert [(("7",), ("12",), "12"), ((None,), ("",), ""), (None, None, "p05")] == [
        (one.owners, one.row, one.keep) for one in read(said)
    ]


def test_a_fault_of_an_owner_or_a_row_has_its_place(problems):
    table = Table("links", MetaData(), *(Column(name, Text) for name in "abcdv"))
    a, b, c, d, v = table.c
    people = Table("people", MetaData(), *(Column(name, Text) for name in ("tenant", "id", "name"))).c
    identity = Identity(noun="person", key=(people.tenant, people.id), name=people.name, missing=Missing.PROMOTE)
    links = Slots(noun="link", key=(a, b), owners=((a, b), (c, d)), value=v)
    several = Spec(revision="1", identity=identity, slots=(links,))
    first = {"project": "p05", "owner.a, b": ["1", 2]}
    both = {**first, "owner.c, d": {"key": [None, "x"], "called": "p05"}}
    odd = [
        {**first, "keep": "p05"},
        {**both, "owner.c, d": {"key": "x", "name": "p05"}, "keep": {"row": ["1"]}},
        {**both, "owner.a": "1", "keep": {"row": ["1", None]}},
        {**both, "keep": {"row": ["1", [2]], "alias": "p05"}},
    ]
    assert (
        "resolutions[0].owner.c, d: is not there",
        "resolutions[1].owner.c, d.name: there is no such field",
        "resolutions[1].owner.c, d.key: must be a list of the 2 values of the key",
        "resolutions[1].keep.row: must be a list of the 2 values of the key",
        "resolutions[2].owner.a: there is no such field",
        "resolutions[2].keep.row: must be the key of a row, not null",
        "resolutions[3].keep.row: must be a string, an integer or null, not a list",
        "resolutions[3].keep.alias: there is no such field",
    ) == problems(odd, several)


FAULTS = {
    b"": "not JSON: Expecting value: line 1, column 1",
    b"[{]": "not JSON: Expecting property name enclosed in double quotes: line 1, column 3",
    b"\xff": "byte offset 0: not UTF-8 (invalid start byte)",
    "[]".encode("utf-16"): "it looks like UTF-16",
    b"[" * 100_000: "nested too deeply: more than 100 levels at line 1, column 101",
    b"7": "resolutions: must be a list, at the top level or in an object, not a number",
    b"{}": "resolutions: must be a list, at the top level or in an object, not null or absent",
    b'{"resolutions": [], "resolutions": []}': "two values: the field stands twice",
    b'{"resolutions": [], "answers": []}': "answers: there is no such field",
    b"[7]": "resolutions[0]: must be an object, not a number",
    b'[{"keep": "a", "keep": "b"}]': "resolutions[0].keep: must be a name, not two values: the field stands twice",
}


@pytest.mark.parametrize("text", FAULTS, ids=range(len(FAULTS)))
def test_what_is_no_file_of_answers_is_refused_with_its_place(problems, text):
    assert FAULTS[text] in "\n".join(problems(text))


def test_every_fault_is_listed_with_its_place(problems):
    odd = [
        answer(7.5, True),
        answer({"alias": "", "x": 1}, "", ["k"]),
        answer("  ", None, 1.5, wrong=1, table="tags"),
        answer([]),
        {"project": "p05", "keep": "p05"},
        answer("a\0", "\ud800", "k\0"),
    ]
    assert (
        "resolutions[0].project: must be a name, not true or false",
        "resolutions[1].project: must be a name, not a blank one",
        "resolutions[1].key: must be a string, an integer or null, not a list",
        "resolutions[1].keep.alias: must be a name, not a blank one",
        "resolutions[1].keep.x: there is no such field",
        "resolutions[2].table: must be one of the tables of slots (facts), not 'tags'",
        "resolutions[3].keep: must be a name, not a list",
        "resolutions[4].category: is not there",
        "resolutions[4].key: is not there",
        "resolutions[5].project: holds U+D800, which cannot be looked up; decide this one in the database",
        "resolutions[5].key: holds U+0000, which cannot be looked up; decide this one in the database",
        "resolutions[5].keep: holds U+0000, which cannot be looked up; decide this one in the database",
    ) == problems(odd)


def test_what_is_no_file_at_all_is_refused_at_once(tmp_path, registry):
    os.mkfifo(tmp_path / "fifo")
    places = {
        tmp_path / "none": "no such file",
        tmp_path / "fifo": "not a regular file",
        tmp_path: "cannot be read: Is a directory",
    }
    for path, says in {**places, Path("a\0b"): "cannot be read"}.items():
        with pytest.raises(AnswersRefused, match=says):
            Answers.read(path, ONE, registry, {})


def test_a_file_is_read_up_to_its_limits(tmp_path, registry, monkeypatch):
    path = written(tmp_path, answer("p05"))
    size = path.stat().st_size
    monkeypatch.setattr(limits, "MOST_BYTES", size)
    assert 1 == len(Answers.read(path, ONE, registry, {}).given)
    monkeypatch.setattr(limits, "MOST_BYTES", size - 1)
    with pytest.raises(AnswersRefused, match=f"larger than {size - 1} bytes"):
        Answers.read(path, ONE, registry, {})
    monkeypatch.setattr(limits, "MOST_BYTES", size)
    monkeypatch.setattr(limits, "MOST_PARTS", 3)
    with pytest.raises(AnswersRefused, match="more than 3 commas"):
        Answers.read(path, ONE, registry, {})

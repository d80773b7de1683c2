"""Claims about answers where no canonical tells which slot is meant: of several owners, and of names within a tenant.

Each collision is a question of its own, and each of its live rows can be kept.
"""

from __future__ import annotations

import json

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

PEOPLE = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL);
INSERT INTO people VALUES (1, 'Ada'), (2, 'A1'), (3, 'Bo'), (4, 'B1'), (5, 'Cy'), (6, 'A2');
CREATE TABLE links (a INTEGER, b INTEGER, k VARCHAR(9), v VARCHAR(9), status VARCHAR(9) DEFAULT 'active',
    PRIMARY KEY (a, b, k));
"""
SPEC = """Spec(revision=revision, identity=Identity(noun="person", key=t["people"].c.id, name=t["people"].c.name,
    registered="people"), slots=(Slots(noun="link", key=(t["links"].c.a, t["links"].c.b, t["links"].c.k),
    owners=(t["links"].c.a, t["links"].c.b), slot=(t["links"].c.k,), value=t["links"].c.v,
    status=t["links"].c.status),))"""
NAMES = {"Ada": ["A1", "A2"], "Bo": ["B1"]}
ROWS = """
INSERT INTO links (a, b, k, v) VALUES (1, 3, 'two', 'x'), (2, 3, 'two', 'y'), (1, 5, 'two', 'w'), (2, 5, 'two', 'z');
INSERT INTO links (a, b, k, v) VALUES (1, 3, 'other', 'x'), (2, 3, 'other', 'y');
INSERT INTO links (a, b, k, v) VALUES (1, 5, 'other', 'w'), (6, 5, 'other', 'z');
INSERT INTO links (a, b, k, v) VALUES (1, 3, 'both', 'c'), (2, 3, 'both', 'x'), (1, 4, 'both', 'y');
INSERT INTO links (a, b, k, v) VALUES (2, 3, 'alias', 'x'), (2, 4, 'alias', 'y'), (5, 3, 'alias', 'r');
INSERT INTO links (a, b, k, v) VALUES (5, 4, 'alias', 's'), (5, 5, 'alias', 't');
"""
"""Two slots under the same two names; two with other contenders; one to which either end leads; one without a canonical
row, and one whose first owner nobody registered."""
ONE = "INSERT INTO links (a, b, k, v) VALUES (1, 3, 'k', 'x'), (2, 3, 'k', 'y'), (5, 3, 'k', 'free');"


def project_of(database, tmp_path, rows, *, schema=PEOPLE, spec=SPEC, names=NAMES):
    """Like `declared`, whose registry is of projects alone."""
    made = declared(
        database, tmp_path, schema + rows, spec, [n for n in ("people", "links", "facts") if n in schema], names={}
    )
    listed = [{"id": canonical, "aliases": aliases} for canonical, aliases in names.items()]
    (made.folder / "names.json").write_text(json.dumps({"people": listed}), "utf-8")
    return made


def form_of(project, name="form.json"):
    path = project.folder / name
    path.unlink(missing_ok=True)
    assert 0 == project.rekey("plan", "--write-resolutions", str(path)).status
    return json.loads(path.read_text("utf-8"))["resolutions"]


def filled(form, values):
    """The form, with the row to keep of each question that says one of `values`."""
    for question in form:
        kept = [row["keep"] for row in question["rows"] if row["value"] in values]
        question["keep"] = kept[0] if kept else None
    return form


def written(project, answers, name="answers.json"):
    path = project.folder / name
    path.write_text(json.dumps(answers), "utf-8")
    return path


def links(database):
    return sorted(database.rows("SELECT a, b, k, v FROM links"))


def whose(question):
    return [said["key"] for field, said in question.items() if field.startswith("owner.")]


EVERY = [
    ("Ada", ["1", "3"], "alias", ["x", "y"]),
    ("Ada", ["1", "3"], "both", ["c", "x", "y"]),
    ("Ada", ["1", "3"], "other", ["x", "y"]),
    ("Ada", ["1", "3"], "two", ["x", "y"]),
    ("Ada", ["1", "5"], "other", ["w", "z"]),
    ("Ada", ["1", "5"], "two", ["w", "z"]),
    ("Bo", ["5", "3"], "alias", ["r", "s"]),
]


def test_each_slot_of_two_owners_is_one_question_that_names_all_of_them(database, tmp_path):
    project = project_of(database, tmp_path, ROWS)
    form = form_of(project)
    told = [(one["project"], whose(one), one["k"], sorted(row["value"] for row in one["rows"])) for one in form]
    assert sorted(told) == EVERY
    assert {"key": "1", "called": "Ada"} == form[0]["owner.a"]
    assert {"key": "5", "called": None} == next(one["owner.b"] for one in form if whose(one) == ["1", "5"])
    every = [json.dumps(row["keep"]) for one in form for row in one["rows"]]
    assert len(every) == len({*every}) == sum(len(values) for *_, values in EVERY)
    said = project.check()
    assert (2, "") == (said.status, said.err)
    assert "Collisions (7)" in said.out
    assert "links: 'Ada' at a=Ada (1), b=5, k=two\n" in said.out
    assert "links: 'Bo' at a=5, b=Bo (3), k=alias\n" in said.out
    document = json.loads(project.rekey("plan", "--json").out)
    assert 7 == document["plan"]["counts"]["link_collisions"]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["online", "script"])
@pytest.mark.parametrize("values", ["xwcr", "yzys", "ywxr", "xzys"])
def test_any_live_row_of_each_slot_can_be_kept(database, tmp_path, values, way):
    project = project_of(database, tmp_path, ROWS)
    form = filled(form_of(project), values)
    kept = {
        (*map(int, whose(one)), one["k"]): [r["value"] for r in one["rows"] if r["keep"] == one["keep"]] for one in form
    }
    answers = written(project, form)
    before = links(database)
    assert 0 == project.check(resolutions=answers).status
    project.goes(way, resolutions=answers)
    assert {(5, 5, "alias"): ["t"], **kept} == {(a, b, k): [v] for a, b, k, v in links(database)}
    assert 7 == len({row[0] for row in database.rows("SELECT slot FROM rekey_answer")})
    said = project.rekey("report")
    assert 7 == len(json.loads(said.out)["answers"])
    back = project.downgrade()
    assert 0 == back.code, back.err
    assert before == links(database)


@pytest.mark.slow
def test_what_the_page_offers_to_keep_is_taken(database, tmp_path):
    """Of the questions behind its cards, without a browser."""
    project = project_of(database, tmp_path, ROWS)
    page = project.folder / "plan.html"
    assert 0 == project.rekey("plan", "--html", str(page)).status
    text = page.read_text("ascii")
    assert "<bdi>a=Ada (1), b=5, k=two</bdi>" in text
    data = text.split('<script id="questions-data" type="application/json">')[1].split("</script>")[0]
    asked = json.loads(data)["asked"]
    half, rest = asked[:3], asked[3:]
    answers = written(project, [{**question, "keep": rows[-1][0]} for question, rows in half])
    again = project.folder / "again.html"
    assert 0 == project.rekey("plan", "--html", str(again), resolutions=answers).status
    data = json.loads(
        again.read_text("ascii").split('id="questions-data" type="application/json">')[1].split("</script>")[0]
    )
    assert [question for question, _ in rest] == [question for question, _ in data["asked"]]
    every = [*data["before"], *({**question, "keep": rows[0][0]} for question, rows in data["asked"])]
    ended = project.upgrade(resolutions=written(project, every))
    assert 0 == ended.code, ended.err


@pytest.mark.slow
def test_beside_a_row_that_goes_stands_the_one_that_stays_in_its_slot(database, tmp_path):
    """Both slots are of one canonical and one `k`: in the plan and in the report of the run."""
    project = project_of(database, tmp_path, ROWS)
    answers = written(project, filled(form_of(project), "yzs"))

    def beside(document):
        went = [
            row for row in document["plan"]["link_plans"] if row["action"] == "drop" and row["before"]["k"] == "two"
        ]
        return {row["before"]["v"]: row["survivor"]["value"] for row in went}

    said = project.rekey("plan", "--json", resolutions=answers)
    assert {"x": "y", "w": "z"} == beside(json.loads(said.out))
    assert 0 == project.upgrade(resolutions=answers).code
    assert {"x": "y", "w": "z"} == beside(json.loads(project.rekey("report").out))


@pytest.mark.slow
def test_an_answer_without_owners_decides_where_one_slot_alone_can_be_meant(database, tmp_path):
    project = project_of(database, tmp_path, ONE)
    for keep, stays in (("A1", "y"), ("canonical", "x"), ("Ada", "x"), ({"row": [2, 3, "k"]}, "y")):
        ended = project.upgrade(resolutions=written(project, [{"project": "Ada", "k": "k", "keep": keep}]))
        assert 0 == ended.code, ended.err
        assert (1, 3, "k", stays) in links(database)
        assert 0 == project.downgrade().code


REFUSED = {
    "several slots in collision are called so: say which one, by 'owner.a', 'owner.b', as the form does": [
        {"project": "Ada", "k": "two", "keep": "A1"}
    ],
    "several active rows with different values are written under that name: say which row, as the form does": [
        {"project": "Ada", "k": "alias", "keep": "A1"}
    ],
    "others in the file say which slot they mean: say it here too, by 'owner.a', 'owner.b'": [
        {"project": "Ada", "k": "both", "keep": "A1"},
        {"project": "Ada", "owner.a": "1", "owner.b": {"key": 3}, "k": "both", "keep": "canonical"},
    ],
    "an answer before it in the file is about the same slot": [
        {"project": "Ada", "owner.a": 1, "owner.b": 3, "k": "both", "keep": {"row": [1, 3, "both"]}},
        {"project": "A1", "owner.a": "1", "owner.b": "3", "k": "both", "keep": {"row": [1, 4, "both"]}},
    ],
    "no active row there has that key": [
        {"project": "Ada", "owner.a": "1", "owner.b": "3", "k": "both", "keep": {"row": ["1", "5", "two"]}}
    ],
    "no row under an alias stands in that slot": [
        {"project": "Ada", "owner.a": "1", "owner.b": "4", "k": "both", "keep": {"row": ["1", "4", "both"]}}
    ],
}


@pytest.mark.parametrize("way", ["online", pytest.param("script", marks=pytest.mark.slow)])
@pytest.mark.parametrize("says", REFUSED)
def test_an_answer_that_picks_no_one_row_of_one_slot_is_refused(database, tmp_path, says, way):
    project = project_of(database, tmp_path, ROWS)
    # Without it, what is left open would be refused as well.
    rest = [one for one in filled(form_of(project), "xwcr") if one["k"] not in {given["k"] for given in REFUSED[says]}]
    answers = written(project, [*REFUSED[says], *rest])
    before = database.snapshot()
    said = project.check(resolutions=answers)
    assert (2, True) == (said.status, says in " ".join(said.out.split())), said.out
    if way == "online":
        ended = project.upgrade(resolutions=answers)
        assert (2, True) == (ended.code, says in ended.err), ended.err
    else:
        script = project.script(resolutions=answers)
        before = database.snapshot()
        done = database.run_script(script)
        # The first guard that finds something is the only one that speaks.
        guards = [b"rekey_answer_link", b"rekey_collision_link"]
        assert (True, True) == (0 != done.returncode, any(guard in done.stderr for guard in guards)), done.stderr
    assert before == database.snapshot()


SINCE = {
    "the row that was kept is not in force any more": (
        "UPDATE links SET status = 'old' WHERE a = 2",
        ["its active rows do not differ: there is nothing to decide"],
    ),
    "it went, and others are still at odds": (
        "UPDATE links SET b = 4 WHERE a = 2; INSERT INTO links VALUES (6, 3, 'k', 'z', 'active')",
        ["no active row there has that key", "rekey_collision_link (3)"],
    ),
    "it is of another slot now": ("UPDATE links SET b = 5 WHERE a = 2", ["no row under an alias stands in that slot"]),
    "its owner is somebody else now": (
        "UPDATE people SET name = 'Di' WHERE id = 2",
        ["no row under an alias stands in that slot"],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("since", SINCE)
def test_an_answer_about_a_slot_that_changed_since_is_refused(database, tmp_path, since):
    project = project_of(database, tmp_path, ONE)
    answers = written(project, filled(form_of(project), "y"))
    statements, says = SINCE[since]
    for statement in statements.split(";"):
        database.execute(statement)
    before = database.snapshot()
    ended = project.upgrade(resolutions=answers)
    assert (2, True) == (ended.code, all(one in ended.err for one in says)), ended.err
    assert before == database.snapshot()


TENANTS = """
CREATE TABLE people (tenant INTEGER, id INTEGER, name VARCHAR(99) NOT NULL, PRIMARY KEY (tenant, id));
INSERT INTO people VALUES (1, 1, 'Ada'), (1, 2, 'A1'), (2, 1, 'Ada'), (2, 2, 'A1');
CREATE TABLE facts (id VARCHAR(9), kind VARCHAR(9), tenant INTEGER, person INTEGER, k VARCHAR(9), v VARCHAR(9),
    PRIMARY KEY (id, kind));
INSERT INTO facts VALUES ('x, y', 'z', 1, 1, 'k', 'a'), ('x', 'y, z', 1, 2, 'k', 'b');
INSERT INTO facts VALUES ('c', '', 2, 1, 'k', 'c'), ('d', '', 2, 2, 'k', 'd');
"""
WITHIN = """Spec(revision=revision, identity=Identity(noun="person", key=(t["people"].c.tenant, t["people"].c.id),
    name=t["people"].c.name, registered="people", within=(t["people"].c.tenant,),
    missing=Missing.PROMOTE),
    slots=(Slots(noun="fact", key=(t["facts"].c.id, t["facts"].c.kind),
    owners=((t["facts"].c.tenant, t["facts"].c.person),), slot=(t["facts"].c.k,), value=t["facts"].c.v),))"""


@pytest.mark.parametrize("way", ["online", pytest.param("script", marks=pytest.mark.slow)])
def test_a_canonical_of_two_tenants_is_two_questions_of_which_each_has_its_answer(database, tmp_path, way):
    project = project_of(database, tmp_path, "", schema=TENANTS, spec=WITHIN)
    form = form_of(project)
    assert [["1", "1"], ["2", "1"]] == [one["owner.tenant, person"]["key"] for one in form]
    assert [["A1", "canonical"]] * 2 == [sorted(row["keep"] for row in one["rows"]) for one in form]
    both = written(project, [{"project": "Ada", "k": "k", "keep": "A1"}])
    assert "say which one, by 'owner.tenant, person'" in project.upgrade(resolutions=both).err
    for question, keep in zip(form, ({"row": ["x", "y, z"]}, "canonical"), strict=True):
        question["keep"] = keep
    answers = written(project, form)
    project.goes(way, resolutions=answers)
    assert [(1, 1, "b"), (2, 1, "c")] == sorted(database.rows("SELECT tenant, person, v FROM facts"))


@pytest.mark.slow
def test_where_two_rows_of_one_name_say_different_things_the_form_keeps_them_by_their_keys(database, tmp_path):
    schema = """
    CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(99));
    INSERT INTO people VALUES (1, 'Ada'), (2, 'A1'), (3, 'A1');
    CREATE TABLE facts (id INTEGER PRIMARY KEY, person INTEGER, k VARCHAR(9), v VARCHAR(9));
    INSERT INTO facts VALUES (11, 1, 'k', 'a'), (12, 2, 'k', 'b'), (13, 3, 'k', 'c');"""
    spec = """Spec(revision=revision, identity=Identity(noun="person", key=t["people"].c.id, name=t["people"].c.name,
        registered="people"), slots=(Slots(noun="fact", key=t["facts"].c.id, owners=(t["facts"].c.person,),
        slot=(t["facts"].c.k,), value=t["facts"].c.v),))"""
    project = project_of(database, tmp_path, "", schema=schema, spec=spec)
    (question,) = form_of(project)
    assert ["canonical", {"row": "12"}, {"row": "13"}] == [row["keep"] for row in question["rows"]]
    assert not any(field.startswith("owner.") for field in question)
    for number, row in enumerate(question["rows"]):
        ended = project.upgrade(resolutions=written(project, [{**question, "keep": row["keep"]}]))
        assert 0 == ended.code, ended.err
        assert [(1, "abc"[number])] == database.rows("SELECT person, v FROM facts")
        assert 0 == project.downgrade().code


@pytest.mark.slow
def test_an_owner_may_refer_to_nobody(database, tmp_path):
    schema = PEOPLE.replace("PRIMARY KEY (a, b, k)", "id INTEGER PRIMARY KEY")
    rows = """INSERT INTO links (id, a, b, k, v) VALUES (1, 1, NULL, 'k', 'x'), (2, 2, NULL, 'k', 'y');
    INSERT INTO links (id, a, b, k, v) VALUES (3, 1, 5, 'k', 'w'), (4, 2, 5, 'k', 'z');"""
    spec = SPEC.replace('(t["links"].c.a, t["links"].c.b, t["links"].c.k)', 't["links"].c.id')
    project = project_of(database, tmp_path, rows, schema=schema, spec=spec)
    form = form_of(project)
    assert [["1", None], ["1", "5"]] == sorted(map(whose, form), key=str, reverse=True)
    ended = project.upgrade(resolutions=written(project, filled(form, "yw")))
    assert 0 == ended.code, ended.err
    assert [(1, 5, "w"), (1, None, "y")] == sorted(database.rows("SELECT a, b, v FROM links"), key=str)

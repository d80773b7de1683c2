"""The registry file: what counts as a name, what is refused and where, and that no file does harm."""

import hashlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alembic_rekey.errors import RegistryRefused
from alembic_rekey.names import json_file, registry
from alembic_rekey.names.matching import identity_of, key_of
from alembic_rekey.names.registry import Name, Registry, read_registry

LISTED = "projects"
LONG = bool(os.environ.get("REKEY_LONG"))
FUZZ = settings(
    max_examples=6_000 if LONG else 300,
    deadline=5_000,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SOURCE = str(Path(registry.__file__).parents[2])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "registry.json"


@pytest.fixture
def read(path):
    """Return a function that writes a document, JSON text or bytes, and reads the registry from it."""

    def write_and_read(content: object) -> Registry:
        if not isinstance(content, str | bytes):
            content = json.dumps(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_registry(path, LISTED)

    return write_and_read


@pytest.fixture
def problems(read, path):
    """Return a function that gives the faults for which a registry is refused."""

    def refused(content: object) -> tuple[str, ...]:
        with pytest.raises(RegistryRefused) as caught:
            read(content)
        assert str(path) in str(caught.value)
        return caught.value.problems

    return refused


def outcome(path: Path) -> Registry | RegistryRefused:
    try:
        return read_registry(path, LISTED)
    except RegistryRefused as refused:
        return refused


def entries(*found: object) -> dict[str, object]:
    return {"projects": list(found)}


# What counts as a name.


def test_ids_and_aliases_are_names_in_the_order_of_the_file(read, path):
    found = read(entries({"id": "p05-interferometer", "aliases": ["P05", "interferometer"]}, {"id": "p06"}))
    one, two = identity_of("p05-interferometer"), identity_of("p06")
    assert found.names == (
        Name("p05-interferometer", "p05-interferometer", "p05-interferometer", one),
        Name("P05", "p05-interferometer", "p05", one),
        Name("interferometer", "p05-interferometer", "interferometer", one),
        Name("p06", "p06", "p06", two),
    )
    assert found.aliases == {"P05": "p05-interferometer", "interferometer": "p05-interferometer"}
    assert found.canonicals == ("p05-interferometer", "p06")
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.path == path


def test_a_missing_file_is_a_registry_without_names(path):
    assert read_registry(path, LISTED) == Registry.missing(path) == Registry(path, None, ())


def test_names_are_trimmed(read):
    assert read(entries({"id": " a\n", "aliases": ["\u3000b\x1f"]})).aliases == {"b": "a"}


def test_blank_names_and_empty_entries_are_skipped(read):
    found = read(
        entries(
            {"id": "a", "aliases": ["", "  ", "b"]},
            {},
            {"id": None},
            {"id": " ", "aliases": []},
            {"aliases": ["", " "]},
            {"id": "", "aliases": None, "note": "a line that nobody filled in"},
        )
    )
    assert found.aliases == {"b": "a"}
    assert found.canonicals == ("a",)


def test_numbers_count_as_the_text_that_python_gives_them(read):
    text = '{"projects": [{"id": 5, "aliases": [1.5, -0, 1.10, 1e3]}]}'
    assert read(text).aliases == {"1.5": "5", "0": "5", "1.1": "5", "1000.0": "5"}


def test_other_fields_are_ignored_whatever_they_hold(read):
    digits = "9" * 5_000
    text = (
        f'{{"version": NaN, "version": {digits}, "id": 1, "id": 2, "projects": [{{"id": "a", "note": 1e999, '
        f'"note": [{digits}, "\\u0000\\ud800", {{"id": [], "id": 1}}]}}]}}'
    )
    assert read(text).canonicals == ("a",)


@pytest.mark.parametrize("aliases", [None, []])
def test_aliases_may_be_absent_null_or_empty(read, aliases):
    assert read(entries({"id": "a"}, {"id": "b", "aliases": aliases})).canonicals == ("a", "b")


def test_a_name_that_its_own_entry_repeats_counts_once_as_first_spelt(read):
    found = read(entries({"id": "p05", "aliases": ["P05", "Alpha", "ALPHA", " alpha", "p05"]}))
    assert [name.alias for name in found.names] == ["p05", "Alpha"]


def test_an_empty_list_is_a_registry_without_names_but_not_a_missing_one(read):
    found = read(entries())
    assert found.names == ()
    assert found.sha256 is not None


def test_a_byte_order_mark_is_accepted_and_part_of_the_sum(read):
    raw = b"\xef\xbb\xbf" + b'{"projects": [{"id": "a"}]}'
    assert read(raw).sha256 == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize(
    "name",
    [
        "a\tb",
        "a\r\nb",
        'a"b',
        "a'b",
        "100%",
        ":x",
        "a\\b",
        "a;--",
        "$$",
        "\\q",
        ".quit",
        "ünï",
        "😀",
        "x" * 10_000,
    ],
)
def test_hostile_names_come_through_unchanged(read, name):
    assert read(entries({"id": "a", "aliases": [name]})).aliases == {name: "a"}


# What is refused, and where.


def test_every_fault_is_told_at_once_with_its_place(problems):
    found = problems(
        entries(
            {"id": "a", "aliases": ["x", True, "b\0"]},
            7,
            {"id": ["c"], "aliases": ["X", None]},
            {"id": "d", "aliases": "x"},
            {"id": "A"},
        )
    )
    assert found == (
        "projects[0].aliases[1]: must be a string or a number, not true or false",
        "projects[0].aliases[2]: 'b\\x00' holds the control character U+0000",
        "projects[1]: must be an object, not a number",
        "projects[2].id: must be a string or a number, not a list",
        "projects[2].aliases[1]: must be a string or a number, not null or absent",
        "projects[3].aliases: must be a list of names, not a string",
        "'a' is registered by several entries: projects[0].id (of 'a'), projects[4].id (of 'A')",
        "'x' is registered by several entries: projects[0].aliases[0] (of 'a'), "
        "projects[2].aliases[0] (of 'projects[2]')",
    )


def test_an_entry_with_aliases_and_no_id_is_told_with_every_other_fault(problems):
    """Skipped, its rows would stay under the alias, and the fold would count as done."""
    found = problems(
        entries(
            {"aliases": ["b"]},
            {"id": None, "aliases": ["", "c"]},
            {"id": " ", "aliases": 5},
            {"aliases": ["B", True]},
            {"name": "d", "aliases": ["e"]},
        )
    )
    assert found == (
        "projects[0].id: the entry has aliases and no id",
        "projects[1].id: the entry has aliases and no id",
        "projects[2].id: the entry has aliases and no id",
        "projects[2].aliases: must be a list of names, not a number",
        "projects[3].id: the entry has aliases and no id",
        "projects[3].aliases[1]: must be a string or a number, not true or false",
        "projects[4].name: is not read; call it id",
        "projects[4].id: the entry has aliases and no id",
        "'b' is registered by several entries: projects[0].aliases[0] (of 'projects[0]'), "
        "projects[3].aliases[0] (of 'projects[3]')",
    )


@pytest.mark.parametrize(
    "field", ["alias", "aliasses", "alliases", "Aliases", "ALIASES", "ailases", "names", "ali-ases"]
)
def test_a_field_that_looks_like_aliases_is_told_where_there_are_none(read, problems, field):
    place = field if field.isidentifier() else repr(field)
    told = f"projects[1].{place}: is not read; call it aliases"
    assert (told,) == problems(entries({"id": "a", "aliases": ["b"]}, {"id": "c", field: ["d"]}))
    assert read(entries({"id": "c", "aliases": [], field: ["d"]})).aliases == {}


@pytest.mark.parametrize("field", ["name", "names", "ids", "Id", "ID", "_id", "identifier"])
def test_a_field_that_looks_like_an_id_is_told_where_there_is_none(read, problems, field):
    told = f"projects[0].{field}: is not read; call it id"
    assert told in problems(entries({field: "c", "aliases": ["d"]}))
    assert read(entries({"id": "c", "aliases": ["d"], field: "e"})).aliases == {"d": "c"}


@pytest.mark.parametrize("field", ["note", "owner", "uid", "ip", "alert", "status", "created_at"])
def test_fields_of_the_application_are_its_own(read, field):
    assert read(entries({"id": "c", field: ["d"]})).canonicals == ("c",)


def test_each_spec_reads_the_list_that_it_names_and_no_other(path):
    document = {"projects": [{"id": "a", "aliases": ["x"]}], "customers": [{"id": "b", "aliases": ["X"]}], "tags": 5}
    path.write_text(json.dumps(document))
    found = [read_registry(path, listed).aliases for listed in ("projects", "customers")]
    assert found == [{"x": "a"}, {"X": "b"}]
    with pytest.raises(RegistryRefused, match=r"tags: must be a list in an object at the top level, not a number"):
        read_registry(path, "tags")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (["customer", "note"], "; is 'customer' meant? Rename it, or name it in the spec: Identity(registered="),
        (["Customers"], "; is 'Customers' meant? Rename it"),
        (["projects", "tags"], "; the file has 'projects', 'tags'"),
        ([f"f{number}" for number in range(11)], "'f8', 'f9'"),
        ([], "not null or absent"),
    ],
)
def test_a_list_that_the_file_lacks_is_told_with_what_it_has_instead(path, fields, says):
    path.write_text(json.dumps({field: [] for field in fields}))
    with pytest.raises(RegistryRefused) as refused:
        read_registry(path, "customers")
    (problem,) = refused.value.problems
    assert problem.startswith("customers: must be a list in an object at the top level, not null or absent")
    assert says in problem
    assert "f10" not in problem


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"id": "a", "aliases": ["x"]}, {"id": "b", "aliases": [" X"]}),
        ({"id": "a", "aliases": ["B"]}, {"id": "b"}),
        ({"id": "a"}, {"id": "b", "aliases": ["A"]}),
        ({"id": "a"}, {"id": "A"}),
        ({"id": "a", "aliases": ["x"]}, {"id": "a", "aliases": ["y"]}),
        ({"id": 1}, {"id": "1"}),
        ({"id": "ΟΔΟΣ"}, {"id": "οδος"}),
    ],
)
def test_a_name_of_two_entries_is_refused_with_both_owners(problems, one, two):
    (problem,) = problems(entries(one, two))
    assert "projects[0]." in problem
    assert "projects[1]." in problem
    assert f"(of '{one['id']}')" in problem
    assert f"(of '{two['id']}')" in problem


def _is_name(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


ACCEPTED = {
    "projects": lambda value: value in ([], [{}]),
    "projects[0]": lambda value: isinstance(value, dict),
    "projects[0].id": lambda value: value is None or _is_name(value),
    "projects[0].aliases": lambda value: value in (None, []),
    "projects[0].aliases[0]": _is_name,
}


@pytest.mark.parametrize("place", ACCEPTED)
@pytest.mark.parametrize("value", [None, True, 1, 1.5, "text", [], {}, [[]], [{}], {"projects": []}])
def test_a_wrong_type_at_any_level_is_refused_there_or_rightly_accepted(path, place, value):
    document = {
        "projects": {"projects": value},
        "projects[0]": entries(value),
        "projects[0].id": entries({"id": value}),
        "projects[0].aliases": entries({"id": "a", "aliases": value}),
        "projects[0].aliases[0]": entries({"id": "a", "aliases": [value]}),
    }[place]
    path.write_text(json.dumps(document))
    found = outcome(path)
    if ACCEPTED[place](value):
        assert isinstance(found, Registry)
    else:
        assert isinstance(found, RegistryRefused)
        assert f"{path} cannot be used" in str(found)
        assert f"  - {place}" in str(found)


@pytest.mark.parametrize("document", ["[]", "1", '"x"', "null", "NaN", "{}", '{"Projects": []}'])
def test_without_a_list_of_entries_at_the_top_the_file_is_refused(problems, document):
    (problem,) = problems(document)
    assert problem.startswith("projects: must be a list in an object at the top level, not ")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"projects": [], "projects": []}', "projects: "),
        ('{"projects": [{"id": "a", "id": "a"}]}', "projects[0].id: "),
        ('{"projects": [{"id": "a", "aliases": [], "aliases": [], "aliases": []}]}', "projects[0].aliases: "),
    ],
)
def test_a_field_that_stands_twice_is_refused(problems, text, place):
    (problem,) = problems(text)
    assert problem.startswith(place)
    assert "stands twice" in problem


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 641, "1" * 5_000])
def test_a_number_that_has_no_text_is_refused_as_a_name(problems, name):
    (problem,) = problems(f'{{"projects": [{{"id": "a", "aliases": ["b", {name}]}}]}}')
    assert problem.startswith("projects[0].aliases[1]: ")


@pytest.mark.parametrize("name", ["a\0b", "a\x1fb", "a\x7fb", "a\x85b", "a\x0bb", "\ud800", "b\udfff"])
def test_a_name_with_a_control_character_is_refused_in_a_message_that_can_be_printed(problems, name):
    (problem,) = problems(entries({"id": "a", "aliases": [name]}))
    assert problem.startswith("projects[0].aliases[0]: ")
    assert problem.encode().isascii()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "line 1, column 1"),
        ('{"projects": [\n  {"id": "a",}\n]}', "line 2, column 1"),
        ('{"projects": [{"id": "a"}', "line 1, column 26"),
        ("{'projects': []}", "line 1, column 2"),
        ('{"projects": []} {}', "line 1, column 18"),
        ('{"projects": [{"id": "a\nb"}]}', "line 1, column 24"),
        ("\ufeff\ufeff{}", "line 1, column 1"),
    ],
)
def test_what_is_not_json_is_refused_with_line_and_column(problems, text, place):
    (problem,) = problems(text)
    assert problem.startswith("not JSON: ")
    assert place in problem


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_another_unicode_encoding_is_refused_by_name(problems, encoding):
    (problem,) = problems('{"projects": []}'.encode(encoding))
    assert "UTF-16 or UTF-32" in problem


def test_invalid_utf8_is_refused_with_its_byte_offset(problems):
    (problem,) = problems(b'\xef\xbb\xbf{"projects": ["\xff"]}')
    assert problem.startswith("byte offset 18: not UTF-8")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '{"projects": "[[",\n "a": ' + "[" * 100_000])
def test_deep_nesting_is_refused_with_its_place(problems, text):
    (problem,) = problems(text)
    assert problem.startswith("nested too deeply: more than 100 levels at line ")


def test_the_place_of_deep_nesting_does_not_count_brackets_in_strings(problems):
    (problem,) = problems('{"a": "[[[\\"[[[",\n' + ' "b": ' + "[" * 100_000)
    assert problem.endswith("line 2, column 106")


def test_a_list_of_faults_without_end_is_cut_with_the_number_of_the_rest(problems):
    found = problems(entries(*[1] * (json_file.MOST_FAULTS + 7)))
    assert len(found) == json_file.MOST_FAULTS + 1
    assert found[-1] == "and 7 more"


def test_a_name_of_many_entries_is_one_fault_of_bounded_length(problems):
    (problem,) = problems(entries(*[{"id": "a"}] * 1_000))
    assert problem.endswith("projects[9].id (of 'a'), 990 more")


def test_a_file_at_a_limit_is_read_and_one_beyond_it_refused_with_the_limit(read, problems):
    text = '{"projects":[]}'
    assert read(text.ljust(registry.MOST_BYTES)).names == ()
    assert problems(text.ljust(registry.MOST_BYTES + 1)) == ("larger than 8,388,608 bytes, the most that is read",)
    assert read(text[:-1] + ',"":"' + "," * (registry.MOST_PARTS - 5) + '"}').names == ()
    (problem,) = problems(text[:-1] + ',"":"' + "," * (registry.MOST_PARTS - 4) + '"}')
    assert problem == "more than 300,000 commas, colons and opening brackets"


# What may stand at the path.


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(RegistryRefused, match="cannot be read: Is a directory"):
        read_registry(tmp_path, LISTED)


def test_a_fifo_is_refused_without_waiting_for_a_writer(path):
    os.mkfifo(path)
    with pytest.raises(RegistryRefused, match="not a regular file"):
        read_registry(path, LISTED)


def test_a_device_is_refused():
    with pytest.raises(RegistryRefused, match="not a regular file"):
        read_registry(Path("/dev/zero"), LISTED)


def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        with pytest.raises(RegistryRefused, match="cannot be read"):
            read_registry(Path("s"), LISTED)


def test_a_loop_of_links_is_refused(path):
    path.symlink_to(path)
    with pytest.raises(RegistryRefused, match="cannot be read: Too many levels of symbolic links"):
        read_registry(path, LISTED)


def test_a_link_to_a_registry_is_read(path, tmp_path):
    (tmp_path / "real.json").write_text('{"projects": [{"id": "a"}]}')
    path.symlink_to(tmp_path / "real.json")
    assert read_registry(path, LISTED).canonicals == ("a",)


def test_a_file_without_permission_is_refused(path):
    path.write_text('{"projects": []}')
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root may read everything
    try:
        with pytest.raises(RegistryRefused, match="cannot be read: Permission denied"):
            read_registry(path, LISTED)
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("name", ["a\0b", "x" * 5_000, "\ud800"])
def test_a_path_that_no_file_can_have_is_refused(tmp_path, name):
    with pytest.raises(RegistryRefused, match="cannot be read"):
        read_registry(tmp_path / name, LISTED)


def test_a_file_where_a_folder_should_be_is_refused(path):
    path.write_text("")
    with pytest.raises(RegistryRefused, match="cannot be read: Not a directory"):
        read_registry(path / "registry.json", LISTED)


# Size and time: a process reads the file beside the libraries that an upgrade loads, and nothing else was in it.

MEASURE = """
import os, sys, time
from pathlib import Path
import alembic.command, sqlalchemy
from alembic_rekey.errors import RegistryRefused
from alembic_rekey.names.registry import read_registry
for line in sys.stdin:
    if os.fork():
        os.wait()
        continue
    start = time.process_time()  # not the wall clock: the machine may be busy with other tests
    try:
        print(len(read_registry(Path(line.rstrip()), "projects").names), end=" ")
    except RegistryRefused:
        print("refused", end=" ")
    print(time.process_time() - start, end=" ")
    (peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    print(int(peak.split()[1]) / 1024, flush=True)
    os._exit(0)
"""


@pytest.fixture(scope="module")
def measured():
    """How many names a file has, and what seconds and megabytes it takes, in a process for each file."""
    process = subprocess.Popen(
        [sys.executable, "-c", MEASURE],
        env={**os.environ, "PYTHONPATH": SOURCE},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def of(path):
        print(path, file=process.stdin, flush=True)
        names, seconds, megabytes = process.stdout.readline().split()
        return names, float(seconds), float(megabytes)

    with process:
        yield of
        process.stdin.close()


BYTES, PARTS = registry.MOST_BYTES, registry.MOST_PARTS
WORST = {
    "larger than is read": lambda: '{"projects": []}' + " " * 50_000_000,
    "all spaces": lambda: " " * BYTES,
    "more parts than are read": lambda: "[" + "[]," * PARTS + "[]]",
    "empty lists": lambda: '{"projects":[' + "[]," * (PARTS // 2 - 3) + "1]}",
    "lists in lists": lambda: '{"projects":[' + ("[" * 400 + "]" * 400 + ",") * (PARTS // 401 - 1) + "1]}",
    "objects in objects": lambda: '{"projects":[' + ('{"id":' * 200 + "1" + "}" * 200 + ",") * (PARTS // 402) + "1]}",
    "entries": lambda: '{"projects":[' + ",".join(f'{{"id":"{n:07}"}}' for n in range(PARTS // 3 - 2)) + "]}",
    "one id for all": lambda: '{"projects":[' + '{"id":"p"},' * (PARTS // 3 - 2) + "{}]}",
    "aliases beyond the BMP": lambda: (
        '{"projects":[{"id":"p","aliases":[' + ",".join(f'"{n:07}Σ😀"' for n in range(PARTS - 9)) + "]}]}"
    ),
    "one alias again and again": lambda: '{"projects":[{"id":"p","aliases":[' + '"P😀",' * (PARTS - 9) + '""]}]}',
    "refused aliases": lambda: '{"projects":[{"id":"p","aliases":[' + '"a\\u0000",' * (PARTS - 9) + '""]}]}',
    "long names": lambda: '{"projects":[' + ",".join(f'{{"id":"{n}{"Σ" * 49_000}😀"}}' for n in range(80)) + "]}",
    "one name": lambda: '{"projects":[{"id":"' + "x" * (BYTES - 60) + '😀"}]}',
    "one escaped name": lambda: '{"projects":[{"id":"' + "\\ud83d\\ude00" * (BYTES // 12 - 60) + '"}]}',
    "one number": lambda: '{"projects":[{"id":' + "1" * (BYTES - 60) + "}]}",
    "open brackets": lambda: "[" * PARTS,
    "open brackets after a string": lambda: '{"":"' + '\\"' * (BYTES // 4) + '","":' + "[" * (PARTS - 9),
    "an open string": lambda: '"' + '\\"' * (BYTES // 2 - 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("worst", WORST)
def test_the_worst_files_end_within_five_seconds_and_300_mb(path, measured, worst):
    path.write_text(WORST[worst]())
    _, seconds, megabytes = measured(path)
    assert seconds < 5
    assert megabytes < 300


@pytest.mark.slow
def test_fifty_thousand_names_load_in_a_moment(path, measured):
    names = [[f"p{n:05}-interferometer", f"P{n:05}", f"Größe {n}", f"{n}", f"name {n}"] for n in range(10_000)]
    path.write_text(json.dumps(entries(*({"id": first, "aliases": rest} for first, *rest in names))))
    count, seconds, _ = measured(path)
    assert count == "50000"
    assert seconds < 2  # 0.4 s on the machine that this was written on


# Whatever the file holds.

NAMES = st.one_of(st.sampled_from(["a", "A", " b", "p05", "P05 ", "", "Σ", "σ", "ς", 5, "5"]), st.text(max_size=6))
ENTRIES = st.fixed_dictionaries({"id": NAMES}, optional={"aliases": st.lists(NAMES, max_size=4), "note": NAMES})
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda part: st.one_of(
        st.lists(part, max_size=3),
        st.dictionaries(st.sampled_from(["id", "aliases", "projects", "x"]), part, max_size=3),
    ),
    max_leaves=8,
)
SCRAPS = st.sampled_from(
    [
        *(b"\xff", b"\xef\xbb\xbf", b"\0", b"NaN", b"-Infinity", b"1e999", b"9" * 5_000, b"\\ud800"),
        *(b"[" * 3_000, b'{"id":' * 3_000, b'"', b"\\", b",", b"{", b"}", b"[", b"]", b"null"),
        *(b'"id":1,', b'"aliases":[],', b'"projects":[],'),
    ]
)


@st.composite
def files(draw):
    """A registry, sometimes with a value of any type somewhere in it, then cut, scrambled and overwritten."""
    document = {"projects": draw(st.lists(st.one_of(ENTRIES, ENTRIES, JSON), max_size=4))}
    raw = json.dumps(draw(st.one_of(st.just(document), st.just(document), JSON)), ensure_ascii=draw(st.booleans()))
    encoded = raw.encode(draw(st.sampled_from(["utf-8"] * 8 + ["utf-8-sig", "utf-16"])), "surrogatepass")
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(encoded)))
        end = at + draw(st.sampled_from([0, 0, 1, 5, len(encoded)]))
        encoded = encoded[:at] + draw(st.one_of(st.just(b""), SCRAPS, st.binary(max_size=3))) + encoded[end:]
    return encoded


def plainly(raw: bytes) -> dict[str, str]:
    """Read the rules of the design, section 3, for a file that was accepted: key -> canonical."""
    found: dict[str, str] = {}
    # Long numbers stand in ignored fields only, if the file was accepted rightly.
    document = json.loads(raw.decode("utf-8-sig"), parse_int=lambda digits: int(digits[:600]))
    for entry in document["projects"]:
        canonical = "" if entry.get("id") is None else str(entry["id"]).strip()
        assert canonical or not any(str(name).strip() for name in entry.get("aliases") or [])
        for name in [canonical, *(entry.get("aliases") or [])] if canonical else []:
            if key := str(name).strip().lower():
                assert found.setdefault(key, canonical) == canonical
    return found


@pytest.mark.slow
@FUZZ
@given(files())
def test_any_file_is_accepted_rightly_or_refused_with_its_path_and_a_reason(path, raw):
    path.write_bytes(raw)
    found = outcome(path)
    if isinstance(found, RegistryRefused):
        assert f"{path} cannot be used" in str(found)
        assert all(found.problems)
        assert len(found.problems) > 0
        assert str(found).encode()
    else:
        assert {name.key: name.canonical for name in found.names} == plainly(raw)
        assert all(name.key == key_of(name.alias) for name in found.names)
        assert found.sha256 == hashlib.sha256(raw).hexdigest()


@pytest.mark.slow
@FUZZ
@given(st.lists(ENTRIES, max_size=5))
def test_well_formed_entries_are_refused_exactly_for_bad_names_and_names_of_two_entries(path, found):
    path.write_text(json.dumps(entries(*found)))
    owners: dict[str, set[int]] = {}
    bad = False
    for number, entry in enumerate(found):
        names = [str(name).strip() for name in entry.get("aliases", [])]
        bad = bad or (not str(entry["id"]).strip() and any(names))
        if str(entry["id"]).strip():
            for name in (str(name).strip() for name in [entry["id"], *entry.get("aliases", [])]):
                harm = {c for c in name if c not in "\t\r\n" and (ord(c) < 32 or 127 <= ord(c) < 160)}
                bad = bad or bool(harm) or any("\ud800" <= c <= "\udfff" for c in name)
                if name:
                    owners.setdefault(key_of(name), set()).add(number)
    if bad or any(len(numbers) > 1 for numbers in owners.values()):
        with pytest.raises(RegistryRefused):
            read_registry(path, LISTED)
    else:
        assert {name.key for name in read_registry(path, LISTED).names} == set(owners)

"""Names of the registry come through both shells to the byte, under any encoding; nothing else is data."""

from __future__ import annotations

import pytest

import legacy
from scripts import REGISTRY, SAMPLE, generated

NAMES = (
    *("it's", 'quo"te', "100 %%", "%s", "%(name)s", ":x", ":'x'", ':"x"', "?", "?1", "@x", "$1", "{}"),
    *("back\\slash", "\\'", "\\q", "x\n\\q\ny", "x\n\\! touch pwned\ny", "\\.", "E'\\n'"),
    *(".quit", "x\n.quit\ny", ".shell touch pwned", "x\n.shell touch pwned\ny"),
    *(
        "semi;colon",
        "--",
        "x -- y",
        "/* */",
        "x */ y",
        "$$",
        "$rekey$",
        "'; DROP TABLE projects; --",
        "NULL",
        "x\nGO\ny",
    ),
    *("a\tb", "a\nb", "a\r\nb", "a\rb", "two  blanks", "x" * 10_000, "🧪" * 2_500),
    *("é", "Größe", "ΟΔΟΣ", "İstanbul", "🧪", "日本", "e\u0301", "\u202eabc", "x\ufeffy", "x\u00a0y", "\U0010fffd"),
)
ENCODINGS = {
    "as the machine has it": {},
    "C and LATIN1": {"LANG": "C", "LC_ALL": "C", "PGCLIENTENCODING": "LATIN1"},
    "C and SQL_ASCII": {"LANG": "C", "LC_ALL": "C", "PGCLIENTENCODING": "SQL_ASCII"},
}


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
def test_hostile_names_come_through_byte_for_byte(reused_database, tmp_path, encoding):
    database = reused_database
    database.reset()
    legacy.create(database)
    registry = {f"{name} (canonical)": [name] for name in NAMES}
    path = legacy.write_registry(tmp_path / "it's\n\\q\n.quit\n%s é🧪; --.json", registry)
    projects = [{"id": f"p{number}", "name": name} for number, name in enumerate(NAMES)]
    state = [
        {"id": f"s{number}", "project_id": f"p{number}", "category": "c", "key": "k", "value": name}
        for number, name in enumerate(NAMES)
    ]
    interactions = [{"id": f"i{number:03}", "prompt": name, "project": name} for number, name in enumerate(NAMES)]
    legacy.fill(database, {"projects": projects, "project_state": state, "interactions": interactions})
    script = generated(database.url, path)
    outcome = database.run_script(script.encode("ascii"), env=encoding)
    said = [line for line in outcome.stderr.decode().splitlines() if "NOTICE" not in line]
    assert (outcome.returncode, said) == (0, [])
    pairs = {(alias, canonical) for alias, canonical in database.rows("SELECT alias, canonical FROM rekey_alias")}
    assert pairs == {(name, entry) for entry, names in registry.items() for name in (entry, *names)}
    assert {row["name"] for row in database.table("projects")} == set(registry)
    assert [row["project"] for row in database.table("interactions")] == list(registry)
    assert [row["prompt"] for row in database.table("interactions")] == list(NAMES)
    assert {(row["rekey_canonical"], row["value"]) for row in database.table("rekey_journal_project_state")} == {
        (f"{name} (canonical)", name) for name in NAMES
    }
    assert database.rows("SELECT registry_path FROM rekey_run") == [(str(path),)]
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nul\0", "x\x1by", "x\x7fy", "x\x0by", "\udc80"])
def test_names_that_no_shell_carries_are_refused_before_anything_is_written(tmp_path, name):
    path = tmp_path / "registry.json"
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in name)
    path.write_text(f'{{"projects": [{{"id": "one", "aliases": ["{escaped}"]}}]}}', encoding="utf-8")
    with pytest.raises(Exception, match=r"U\+[0-9A-F]{4}"):
        generated("sqlite:///nowhere.db", path)


def test_no_value_of_any_row_stands_in_a_script(reused_database, registry_path, upgrade):
    database = reused_database
    database.reset()
    legacy.create(database)
    legacy.fill(database, SAMPLE)
    legacy.write_registry(registry_path, REGISTRY)
    upgrade(database, registry_path, "0002")
    for revision in ("head", "0002:0003"):
        script = generated(database.url, registry_path, revision)
        assert "MARKER" not in script
        assert script.isascii()

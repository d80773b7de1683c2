"""One entry of a report as text: what the fast encoder cannot say goes the slower way, and reads back the same."""

from __future__ import annotations

import json

import pytest

from alembic_rekey.report.document import LEAD, Fingerprint, Report, document, written
from alembic_rekey.report.entry import json_value, json_values

HOSTILE = [
    "plain",
    'O\'Brien "%s" \\ ; -- $$ : \t\n\r\x00\x7f',
    "é 🙂 \u2028",
    "no UTF-8: \udcff",
    2**63 - 1,
    2**80,
    -(2**63),
    1e16,
    0.1 + 0.2,
    5e-324,
    True,
    None,
    {"$bytes": "00ff"},
    "x" * 10_000,
]


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_an_entry_reads_back_as_it_was_on_one_line_of_ascii(value: object) -> None:
    """Whatever a row holds: quotes, emoji, bytes that are no UTF-8, numbers beyond 64 bits."""
    entry = {"action": "rekey", "canonical": "c", "before": {"id": value}}

    text = written(entry)

    assert entry == json.loads(text)
    assert text.isascii()
    assert b"\n" not in text


@pytest.mark.parametrize("together", [1, 3, len(HOSTILE)])
def test_a_document_is_the_same_however_many_entries_are_written_at_once(together: int) -> None:
    """One that needs the slower way, or that says where its row leads, changes none beside it."""

    def entries():
        for first in range(0, len(HOSTILE), together):
            some = HOSTILE[first : first + together]
            yield [
                {"action": "keep", "before": {"id": value}} | ({LEAD: {"to": value}} if value else {}) for value in some
            ]

    facts = ("2026", "dry-run", "db", "registry.json", None, "r1", {}, {}, False)
    fingerprint = Fingerprint(None, "r1")
    lines = "".join(document(Report(*facts), [("rows", entries())], {}, fingerprint)).splitlines()

    expected = Fingerprint(None, "r1")
    for value in HOSTILE:
        expected.add("rows", [written({"action": "keep", "before": {"id": value}})])
    assert str(expected) == str(fingerprint)
    told = [json.loads(line.rstrip("],")) for line in lines if line.startswith("   {")]
    assert HOSTILE == [entry["before"]["id"] for entry in told]
    assert [value for value in HOSTILE if value] == [entry[LEAD]["to"] for entry in told if LEAD in entry]


@pytest.mark.parametrize(
    "values",
    [[1, None, "a"], [1.5, None, 2], [0.0, float("inf")], [float("nan"), 1], ["a", b"\xff"], [1.5, "a"], [True, 2**63]],
    ids=ascii,
)
def test_a_column_is_what_each_of_its_values_is(values: list[object]) -> None:
    """Most columns pass as they are; one value that JSON has not is enough to look at each."""
    assert [json_value(value) for value in values] == list(json_values(values))

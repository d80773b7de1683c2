"""One entry of a report as text: what the fast encoder cannot say goes the slower way, and reads back the same."""

from __future__ import annotations

import json

import pytest

from alembic_rekey.report.document import written


@pytest.mark.parametrize(
    "value",
    [
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
    ],
    ids=ascii,
)
def test_an_entry_reads_back_as_it_was_on_one_line_of_ascii(value: object) -> None:
    """Whatever a row holds: quotes, emoji, bytes that are no UTF-8, numbers beyond 64 bits."""
    entry = {"action": "rekey", "canonical": "c", "before": {"id": value}}

    text = written(entry)

    assert entry == json.loads(text)
    assert text.isascii()
    assert b"\n" not in text

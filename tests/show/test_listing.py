"""Rows are found again in a document that was written, wherever a piece of it that is read ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import LEFT, Fingerprint, Report, document
from alembic_rekey.show import listing
from alembic_rekey.show.listing import listed

TITLES = ("a_plans", 'b "x" \n_plans', "none_plans")


@pytest.mark.parametrize("piece", [1, 7, 64, 2**20])
def test_the_rows_of_an_action_are_those_that_were_written(tmp_path: Path, monkeypatch, piece: int) -> None:
    """A value may read like the title of a section, and a section may be empty, or left away."""

    def entries(title: str):
        yield [
            {"action": action.value, "canonical": "c", "before": {"id": f'{title}\n  "a_plans": [\n{number}'}}
            for number in range(3)
            for action in (Action.MERGE, Action.DELETE)
        ]

    facts = ("2026", "dry-run", "db", "registry.json", None, "r1", {}, {}, False)
    rows = [(title, entries(title) if title != "none_plans" else iter(())) for title in TITLES]
    made = document(
        Report(*facts), ((t, (e for e in r)) for t, r in rows), {}, Fingerprint(None, "r1"), left=entries(LEFT)
    )
    path = tmp_path / "report.json"
    path.write_text("".join(made), encoding="ascii")
    monkeypatch.setattr(listing, "_PIECE", piece)

    for title in (*TITLES[:2], LEFT):
        expected = [entry for some in entries(title) for entry in some if entry["action"] == Action.DELETE]
        assert expected == list(listed(path, title, Action.DELETE))
    assert [[], []] == [list(listed(path, title, Action.DELETE)) for title in ("none_plans", "missing_plans")]

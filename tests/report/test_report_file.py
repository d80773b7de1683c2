"""What is read back as a report is byte for byte what an upgrade wrote; everything else is refused."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alembic_rekey.errors import ReportFailed
from alembic_rekey.report import reading
from alembic_rekey.report.reading import read_report, report_entries
from damage import forged
from ways_back import everything, everything_folded, fold

CASES = 5_000 if os.environ.get("REKEY_LONG") else 300
MANY = settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def report(reused_database, upgrade, downgrade, tmp_path_factory):
    return everything_folded(reused_database, tmp_path_factory.mktemp("report"), upgrade, downgrade).report


def refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ReportFailed) as refusal:
        read_report(path)
    return str(refusal.value)


def test_a_report_as_it_was_written_is_read(report):
    read = read_report(report)
    assert read.facts["revision"] == "0003"
    keys = [entry["before"]["id"] for entry in report_entries(read, "shadow_projects")]
    assert set(keys) == {"s", "t", "n", "r", None}
    assert list(report_entries(read, "of nobody")) == []


@pytest.mark.slow
def test_a_forgery_that_changes_nothing_is_the_report(report):
    assert forged(report, lambda _: None) == report.read_bytes()


@pytest.mark.words
@pytest.mark.slow
@MANY
@given(data=st.data())
def test_a_report_cut_anywhere_is_refused(report, tmp_path, data):
    whole = report.read_bytes()
    refused(tmp_path / "cut.json", whole[: data.draw(st.integers(0, len(whole) - 1))])


def test_a_report_cut_at_a_line_is_refused(report, tmp_path):
    lines = report.read_bytes().splitlines(keepends=True)
    for number in range(len(lines)):
        refused(tmp_path / "cut.json", b"".join(lines[:number]))


@pytest.mark.words
@pytest.mark.slow
@MANY
@given(data=st.data())
def test_a_report_with_any_other_byte_anywhere_is_refused(report, tmp_path, data):
    whole = bytearray(report.read_bytes())
    # Every second case hits the end, where the checksum stands.
    where = data.draw(st.one_of(st.integers(0, len(whole) - 1), st.integers(len(whole) - 90, len(whole) - 1)))
    whole[where] ^= data.draw(st.integers(1, 255))
    refused(tmp_path / "flipped.json", bytes(whole))


@pytest.mark.words
@pytest.mark.slow
@MANY
@given(data=st.data())
def test_a_report_with_a_line_less_or_twice_or_elsewhere_is_refused(report, tmp_path, data):
    lines = report.read_bytes().splitlines(keepends=True)
    line, place = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    moved = lines[:line] + lines[line + 1 :]
    if data.draw(st.booleans()):
        moved.insert(place, lines[line])
    if moved != lines:
        refused(tmp_path / "moved.json", b"".join(moved))


@pytest.mark.words
@pytest.mark.slow
def test_a_line_that_could_not_be_held_is_refused(report, tmp_path, monkeypatch):
    longest = max(map(len, report.read_bytes().splitlines(keepends=True)))
    monkeypatch.setattr(reading, "MOST_BYTES_OF_A_LINE", longest)
    read_report(report)
    monkeypatch.setattr(reading, "MOST_BYTES_OF_A_LINE", longest - 1)
    assert f"longer than {longest - 1:,} bytes" in refused(tmp_path / "long.json", report.read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("reused_database", ["sqlite"], indirect=True)
def test_a_line_of_50_megabytes_is_read_and_one_of_70_is_refused(report, tmp_path):
    large = forged(report, lambda document: document["plan"].update(revision="9" * 50_000_000))
    path = tmp_path / "large.json"
    path.write_bytes(large)
    assert len(read_report(path).facts["revision"]) == 50_000_000
    assert "is longer than" in refused(path, b"{" * 70_000_000)


@pytest.mark.slow
def test_a_row_of_half_a_megabyte_comes_back(reused_database, upgrade, downgrade, tmp_path):
    reused_database.reset()
    rows = everything()
    rows["project_state"][1]["value"] = rows["project_state"][2]["value"] = "ä" * 300_000
    folded = fold(reused_database, tmp_path, rows, upgrade, downgrade)
    folded.back("report")
    assert folded.holds_what_it_held()

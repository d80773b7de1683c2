"""Claims about what stands on a terminal: colours and tables there, plain text elsewhere, and harmless values."""

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
import threading
from contextlib import redirect_stdout

import pytest
from rich.cells import cell_len

from alembic_rekey.cli import main
from commands import ROOT, rekey_here
from databases import SQLiteDatabase
from examples import CANONICAL, REGISTRY, alembic_here, folded, memory, prepared, project, state
from pages import HOSTILE, mixed

STYLE = re.compile(r"\x1b\[[0-9;]*m")
COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7]|38;[0-9;]+)m")


@pytest.fixture
def sqlite(tmp_path, monkeypatch):
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    made = SQLiteDatabase(tmp_path / "app.db")
    yield made
    made.close()


class Terminal:
    """A terminal of that many columns; `said` is all that was written to it."""

    def __init__(self, columns=80):
        self._outer, self.inner = os.openpty()
        fcntl.ioctl(self.inner, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        self._pieces = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        try:
            while piece := os.read(self._outer, 65_536):
                self._pieces.append(piece)
        except OSError:  # what Linux says when the last writer is gone
            return

    def said(self):
        """Everything that was written; the inner end must be closed by then."""
        self._reader.join(timeout=60)
        os.close(self._outer)
        return b"".join(self._pieces).decode().replace("\r\n", "\n")


def words(database, registry, *arguments):
    settings = {"url": database.url, "registry": registry, "report_dir": registry.parent / "reports"}
    options = [word for name, value in settings.items() for word in ("-x", f"{name}={value}")]
    return ["-c", str(ROOT / "alembic.ini"), *options, *arguments]


def on_terminal(database, registry, *arguments):
    terminal = Terminal()
    with open(terminal.inner, "w", encoding="utf-8") as stream, redirect_stdout(stream):
        status = main(words(database, registry, *arguments))
    assert status == 0
    return terminal.said()


def plain(said):
    return STYLE.sub("", said)


def test_a_plan_stands_in_tables_and_in_colour_where_a_terminal_is(sqlite, tmp_path):
    said = on_terminal(sqlite, mixed(sqlite, tmp_path), "plan")
    assert COLOUR.search(said)
    assert "\x1b[1;31mThe upgrade would refuse this plan.\x1b[0m" in said
    assert re.search(r"^where +row +says *\n─+$", plain(said), re.MULTILINE)
    assert re.search(r"^where +goes or changes +stays *\n─+$", plain(said), re.MULTILINE)
    assert re.search(r"'We buy from \x1b\[[0-9;]+mZygo\x1b\[0m, \x1b\[[0-9;]+m4\x1b\[0m weeks'", said)


@pytest.mark.slow
def test_the_terminal_says_what_the_plain_text_says(sqlite, tmp_path):
    registry = mixed(sqlite, tmp_path)
    text = rekey_here(sqlite, registry, "plan").out
    said = plain(on_terminal(sqlite, registry, "plan"))
    headings = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert headings == [line for line in said.splitlines() if line in headings]
    for name, number in re.findall(r"^  (\w+) +([\d,]+)$", text, re.MULTILINE):
        assert re.search(rf"^ +{name} +{number} *$", said, re.MULTILINE)
    (fingerprint,) = re.findall("[0-9a-f]{64}$", text.split("fingerprint")[1].splitlines()[0])
    assert f"fingerprint  {fingerprint}\n" in said
    for line in re.findall("  what to do: (.*)", text):
        assert line in re.sub(r"\s+", " ", said)


def test_elsewhere_the_text_is_plain(sqlite, tmp_path):
    registry = mixed(sqlite, tmp_path)
    for command in ("plan", "runs"):
        assert "\x1b" not in rekey_here(sqlite, registry, command).out
    assert "─" not in rekey_here(sqlite, registry, "plan").out


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colours_where_none_are_wanted(sqlite, tmp_path, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    said = on_terminal(sqlite, mixed(sqlite, tmp_path), "plan")
    assert not COLOUR.search(said)
    assert re.search(r"^where +row +says *$", plain(said), re.MULTILINE)


@pytest.mark.parametrize("columns", [40, 100, 200])
def test_tables_keep_to_the_width(sqlite, tmp_path, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    said = plain(on_terminal(sqlite, mixed(sqlite, tmp_path), "plan", "--all"))
    blocks = said.split("\n\n")[2:-1]
    # A heading is left to the terminal to wrap; below it everything has its place.
    widths = [cell_len(line) for block in blocks for line in block.splitlines()[1:]]
    assert max(widths) <= columns
    assert re.search("[0-9a-f]{64}", said), "a fingerprint can be copied whole"


@pytest.mark.slow
def test_the_width_is_that_of_the_terminal(sqlite, tmp_path):
    registry = prepared(sqlite, tmp_path, folded())
    terminal = Terminal(columns=44)
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = [sys.executable, "-m", "alembic_rekey.cli", *words(sqlite, registry, "plan")]
    ended = subprocess.run(
        command, stdin=terminal.inner, stdout=terminal.inner, stderr=subprocess.PIPE, env=environment, timeout=180
    )
    os.close(terminal.inner)
    said = plain(terminal.said())
    assert (0, b"") == (ended.returncode, ended.stderr)
    assert {44} == {len(line) for line in said.splitlines() if re.match("─{43}", line)}


def test_no_value_can_style_or_move_anything(sqlite, tmp_path):
    hostile = HOSTILE + "[bold red]x[/] :boom: [link=file:///etc]y[/link]"
    rows = {
        "projects": [project("c", CANONICAL), project("s" + hostile, "p05")],
        "project_state": [
            state("a" + hostile, "c", hostile, key=hostile),
            state("b", "s" + hostile, "[red]2", "old" + hostile, key=hostile),
            state("d", "c", "[red]1[/red] :boom:", key="k"),
            state("e", "s" + hostile, "[red]2[/red] :boom:", key="k"),
        ],
        "memories": [memory("m" + hostile, "p05", hostile), memory("n", CANONICAL, hostile)],
    }
    said = plain(on_terminal(sqlite, prepared(sqlite, tmp_path, rows), "plan", "--all"))
    assert "'[red]1[/red] :boom:'" in said
    assert all(line.isprintable() for line in said.split("\n"))


@pytest.mark.slow
def test_runs_and_the_way_back_are_in_colour_too(sqlite, tmp_path):
    registry = prepared(sqlite, tmp_path, folded())
    assert plain(on_terminal(sqlite, registry, "runs")).startswith("No run is recorded in ")
    alembic_here("upgrade", "head", url=sqlite.url, registry=registry, report_dir=tmp_path / "reports")
    runs, back = on_terminal(sqlite, registry, "runs"), on_terminal(sqlite, registry, "restore-plan")
    ((fingerprint,),) = sqlite.rows("SELECT plan_sha256 FROM rekey_run")
    assert "\x1b[32mapplied\x1b[0m" in runs
    assert f"\nfingerprint {fingerprint}\n" in plain(runs)
    counted = " ".join(map(str.strip, rekey_here(sqlite, registry, "runs").out.splitlines()[2:]))
    assert f"run 1: {counted} " in " ".join(plain(runs).split())
    assert COLOUR.search(back)
    assert rekey_here(sqlite, registry, "restore-plan").out == plain(back)


@pytest.mark.slow
def test_json_is_json_on_a_terminal(sqlite, tmp_path):
    said = on_terminal(sqlite, prepared(sqlite, tmp_path, folded(), REGISTRY), "plan", "--json")
    assert "\x1b" not in said
    assert said.startswith('{\n "format": 1,\n')


@pytest.mark.slow
@pytest.mark.parametrize("command", [(), ("plan",), ("runs",), ("report",), ("restore-plan",), ("demo",)])
def test_every_help_has_an_example(capsys, command):
    with pytest.raises(SystemExit):
        main([*command, "-h"])
    assert re.search(rf"example.*\balembic-rekey.* {''.join(command)}", capsys.readouterr().out, re.DOTALL)


@pytest.mark.slow
def test_an_upgrade_does_not_load_what_a_terminal_needs():
    loaded = "import sys, alembic_rekey.environment, alembic_rekey.operations; print('rich' in sys.modules)"
    assert (
        "False\n" == subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, timeout=180).stdout
    )

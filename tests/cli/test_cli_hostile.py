"""Claims about where a command is run: a closed stream, a configuration of another encoding."""

import subprocess
import sys

import pytest

from commands import ROOT, rekey_with
from databases import SQLiteDatabase
from examples import folded, prepared
from server import clean_environment

URL = "postgresql+psycopg://u:ge@heim/geheim@h/d"


def test_a_closed_standard_output_ends_in_no_traceback():
    line = [sys.executable, "-m", "alembic_rekey.cli", "guide"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *line], capture_output=True, env=clean_environment(), check=False
    )
    assert (0, b"") == (done.returncode, done.stderr)


@pytest.mark.parametrize("arguments", [(URL,), ("--limit", URL), ("-x", f"registry={URL}"), ("-c", URL)])
def test_a_url_where_none_belongs_is_told_without_its_password(tmp_path, arguments):
    database = SQLiteDatabase(tmp_path / "x.db")
    prepared(database, tmp_path, folded())
    line = [sys.executable, "-m", "alembic_rekey.cli", "-c", ROOT / "alembic.ini", "-x", f"url={database.url}"]
    done = subprocess.run(
        [*line, "plan", "--no-report", *arguments],
        capture_output=True,
        encoding="utf-8",
        env=clean_environment(),
        check=False,
    )
    assert (1, "") == (done.returncode, done.stdout)
    assert "u:***@h" in done.stderr.replace(":/u", "://u")
    assert "geheim" not in done.stderr


def test_a_configuration_of_another_encoding_is_refused_with_what_to_do(tmp_path):
    file = tmp_path / "alembic.ini"
    file.write_bytes(b"[alembic]\n# Pr\xfcfung\nscript_location = migrations\n")
    said = rekey_with("-c", str(file), "plan")
    assert 1 == said.status
    assert f"FAILED: {file} or pyproject.toml cannot be read: it is not written in utf-8." in said.err
    assert "what to do: save it in that encoding, for instance with iconv -f latin1 -t utf-8 FILE" in said.err

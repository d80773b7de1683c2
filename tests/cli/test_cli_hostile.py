"""Claims about where a command is run: a closed stream, a configuration of another encoding."""

import subprocess
import sys

from commands import rekey_with
from server import clean_environment


def test_a_closed_standard_output_ends_in_no_traceback():
    line = [sys.executable, "-m", "alembic_rekey.cli", "guide"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *line], capture_output=True, env=clean_environment(), check=False
    )
    assert (0, b"") == (done.returncode, done.stderr)


def test_a_configuration_of_another_encoding_is_refused_with_what_to_do(tmp_path):
    file = tmp_path / "alembic.ini"
    file.write_bytes(b"[alembic]\n# Pr\xfcfung\nscript_location = migrations\n")
    said = rekey_with("-c", str(file), "plan")
    assert 1 == said.status
    assert f"FAILED: {file} or pyproject.toml cannot be read: it is not written in utf-8." in said.err
    assert "what to do: save it in that encoding, for instance with iconv -f latin1 -t utf-8 FILE" in said.err

"""One measured way in a process of its own: does it once, prints what it took as one line of JSON.

python child.py WAY SCHEMA URL REGISTRY REPORTS [EXPLAIN]
"""

from __future__ import annotations

import time

STARTED = time.perf_counter()

import argparse  # noqa: E402  # the clock starts first
import json  # noqa: E402  # see above
import resource  # noqa: E402  # see above
import sys  # noqa: E402  # see above
from contextlib import redirect_stdout  # noqa: E402  # see above
from io import StringIO  # noqa: E402  # see above
from pathlib import Path  # noqa: E402  # see above
from typing import Any  # noqa: E402  # see above

from cpu import cpu_seconds  # noqa: E402  # see above

ROOT = Path(__file__).resolve().parents[2]


def _written_bytes() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("wchar")))


def _cpu(backend: int | None = None) -> float:
    """CPU seconds of this process, and of the server's process that works for it."""
    return time.process_time() + (cpu_seconds(backend) if backend else 0.0)


def _alembic(way: str, name: str, url: str, registry: Path, reports: Path, explain: Path | None) -> dict[str, Any]:
    from alembic import command
    from alembic.config import Config
    from profiled import Profile
    from schemas import SCHEMAS

    import alembic_rekey.operations.fold as operations
    from alembic_rekey.cli import main

    profile = Profile(explain)
    spent = {"report": 0.0, "report_cpu": 0.0, "report_bytes": 0}

    def timed(wrapped: Any) -> Any:
        def run(connection: Any, *arguments: Any, **named: Any) -> Any:
            backend = getattr(getattr(connection.connection, "info", None), "backend_pid", None)
            begun, cpu, bytes_before = time.perf_counter(), _cpu(backend), _written_bytes()
            with profile.paused():
                made = wrapped(connection, *arguments, **named)
            spent["report"] += time.perf_counter() - begun
            spent["report_cpu"] += _cpu(backend) - cpu
            spent["report_bytes"] += _written_bytes() - bytes_before
            return made

        return run

    operations.written_report = timed(operations.written_report)
    settings = [f"url={url}", f"registry={registry}", f"report_dir={reports}"]
    output = StringIO()
    configuration = str(SCHEMAS[name].configuration(reports.parent / "project"))
    config = Config(configuration, stdout=output, output_buffer=output)
    config.cmd_opts = argparse.Namespace(x=settings)
    begun, cpu, bytes_before = time.perf_counter(), _cpu(), _written_bytes()
    if way == "plan":
        options = [option for setting in settings for option in ("-x", setting)]
        with redirect_stdout(StringIO()):
            assert main(["-c", configuration, *options, "plan"]) == 0
    elif way == "up":
        command.upgrade(config, "head")
    elif way == "down":
        command.downgrade(config, "-1")
    elif way == "script":
        command.upgrade(config, "head", sql=True)
        (reports.parent / "script.sql").write_text(output.getvalue())
    elif way == "script-down":
        command.downgrade(config, "head:-1", sql=True)
        (reports.parent / "script.sql").write_text(output.getvalue())
    return {
        "seconds": time.perf_counter() - begun,
        "cpu": _cpu() - cpu - spent["report_cpu"],
        "written": _written_bytes() - bytes_before - spent["report_bytes"],
        "report": spent["report"],
        "statements": profile.statements,
    }


def main_of(arguments: list[str]) -> dict[str, Any]:
    """Does one way; what it took."""
    way, name, url = arguments[:3]
    registry, reports = Path(arguments[3]), Path(arguments[4])
    explain = Path(arguments[5]) if len(arguments) > 5 else None
    if way in ("up", "down", "plan", "script", "script-down"):
        return _alembic(way, name, url, registry, reports, explain)
    import other_ways

    bytes_before = _written_bytes()
    taken = other_ways.WAYS[way](name, url, registry)
    return {**taken, "written": _written_bytes() - bytes_before, "report": 0.0}


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests" / "kit"))
    measured = main_of(sys.argv[1:])
    measured["process"] = time.perf_counter() - STARTED
    measured["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(measured))

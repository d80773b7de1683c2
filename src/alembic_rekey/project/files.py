"""`alembic-rekey init`: the few lines that a project of `alembic init` needs, written where that is safe.

A file is changed only where it is as `alembic init` wrote it, and only by what is missing: what a
person wrote into it stays, and a file that is not recognised stays as it is.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_rekey.errors import CommandRefused
from alembic_rekey.project.environment_text import GIVEN_BY_US, ended_like, given_otherwise, lines_of, rewritten

__all__ = ["ADOPTED_LINES", "ENVIRONMENT_LINES", "SETTING_LINES", "Change", "initialise", "lines_instead"]

ENVIRONMENT_LINES = """\
import alembic_rekey.operations  # noqa: E402, F401  # registers op.rekey
from alembic_rekey.environment import run  # noqa: E402  # beside what it runs

run(target_metadata)
"""
"""What an `env.py` ends with, in place of everything that Alembic's template runs there."""

ADOPTED_LINES = """\
import alembic_rekey.operations  # noqa: E402, F401  # registers op.rekey
from alembic_rekey.environment import ADOPTED, run  # noqa: E402  # removals are not told

run(target_metadata, **ADOPTED)
"""
"""The same for a database that has more than the application declares."""

SETTING_LINES = """\
# alembic-rekey: the names, with their aliases, and where reports go. %(here)s is the folder of this file.
rekey.registry = %(here)s/registry.json
rekey.report_dir = %(here)s/reports
# The application's own environment variables beat these; name them here.
# rekey.env.url = APP_DATABASE_URL
# rekey.env.registry = APP_REGISTRY
"""
"""What stands in `[alembic]` of the ini file."""

_MARK = "\ufeff"
_TEMPLATES = ("generic", "async")
"""Those of Alembic for one database; others run the same."""


@dataclass(frozen=True)
class Change:
    """One file as it shall be; `lines` is what is new in it, and nothing where it is so already."""

    path: Path
    text: str
    lines: str = ""


def initialise(config: Config, ends_with: str = ENVIRONMENT_LINES) -> Iterator[Change]:
    """Write the lines into `env.py`, which then `ends_with` these, and the ini file, and yield what was done to each.

    Raises:
        CommandRefused: where a file is not recognised; then none is changed.
    """
    scripts = ScriptDirectory.from_config(config)
    changes = [_environment(Path(scripts.dir, "env.py"), config, ends_with), _settings(config)]
    for change in changes:
        if change.lines:
            _write(change)
        yield change


def lines_instead(ends_with: str = ENVIRONMENT_LINES) -> str:
    """Return in words what a person writes into an `env.py` of any kind, and where."""
    lines = ends_with.replace("run(target_metadata", "run(target_metadata, connection=connection")
    return (
        "in place of each `context.configure(…)`, and of what runs the migrations behind it, the last line of these "
        "with the connection that stands there (in the function for --sql without one); other arguments of "
        f"configure() stay, but for those that run() gives itself ({', '.join(GIVEN_BY_US)}), and what "
        f'run_migrations() is given (name=value) becomes passed_on={{"name": value}}:\n\n{_indented(lines)}'
    )


def _environment(path: Path, config: Config, ends_with: str) -> Change:
    unread = "run `alembic init` first, or name its configuration with -c FILE."
    try:
        text = _text(path)
        if "alembic_rekey.environment" in text:
            return Change(path, text)
        templates = (Path(config.get_template_directory(), name, "env.py") for name in _TEMPLATES)
        known = [_text(template) for template in templates if template.is_file()]
        made = rewritten(text.removeprefix(_MARK), known, ends_with)
    except (OSError, ValueError, SyntaxError) as error:
        raise CommandRefused(f"{path} cannot be read: {error}.", unread) from error
    if made is None:
        if otherwise := given_otherwise(text.removeprefix(_MARK)):
            raise CommandRefused(
                f"{path} gives configure() {', '.join(otherwise)}, which run() gives it otherwise; it was not changed.",
                "strike that out, and run this again: an upgrade that folds is one transaction, and to run revisions "
                "one by one, name each: alembic upgrade REVISION.",
            )
        raise CommandRefused(
            f"it is not plain how {path} runs migrations, and it was not changed.",
            f"let it run them through this library: {lines_instead(ends_with)}",
        )
    mark = _MARK if text.startswith(_MARK) else ""
    return Change(path, mark + made[0], made[1])


def _settings(config: Config) -> Change:
    path = Path(config.config_file_name or "alembic.ini")
    section = config.config_ini_section
    try:
        text = _text(path)
        parser = configparser.RawConfigParser()
        parser.read_file(lines_of(text.removeprefix(_MARK)))
    except (OSError, ValueError, configparser.Error) as error:
        raise CommandRefused(
            f"{path} cannot be read: {error}.", "run `alembic init` first, or name its configuration with -c FILE."
        ) from error
    if parser.has_section(section) and any(option.startswith("rekey.") for option in parser.options(section)):
        return Change(path, text)
    lines = lines_of(text)
    bare = [line.removeprefix(_MARK) for line in lines]
    places = [number for number, line in enumerate(bare) if line.startswith("sqlalchemy.url")]
    if len(places) != 1 or not parser.has_option(section, "sqlalchemy.url"):
        places = [number for number, line in enumerate(bare) if line.strip() == f"[{section}]"]
    if len(places) != 1:
        raise CommandRefused(
            f"{path} has no section [{section}], and was not changed.",
            f"add it, with these lines:\n\n[{section}]\n" + _indented(SETTING_LINES),
        )
    (at,) = places
    if lines[at].endswith(("\r", "\n")):
        new, at = f"\n{SETTING_LINES}", at + 1
    else:
        # The file ends within this line: a line behind it would change it.
        new = f"{SETTING_LINES}\n"
    ended = ended_like(lines[0], new)
    return Change(path, "".join((*lines[:at], ended, *lines[at:])), SETTING_LINES)


def _text(path: Path) -> str:
    """Return the text of a file as it is, line ends and byte order mark included."""
    return path.read_bytes().decode("utf-8")


def _indented(lines: str) -> str:
    return "".join(f"    {line}".rstrip() + "\n" for line in lines.splitlines()).rstrip("\n")


def _write(change: Change) -> None:
    try:
        change.path.write_bytes(change.text.encode())
    except OSError as error:
        raise CommandRefused(
            f"{change.path} cannot be written: {error.strerror}.", "give the right to write it."
        ) from error

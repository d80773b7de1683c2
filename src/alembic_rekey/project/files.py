"""`alembic-rekey init`: the few lines that a project of `alembic init` needs, written where that is safe.

A file is changed only where it is as `alembic init` wrote it, and only by what is missing: what a
person wrote into it stays, and a file that is not recognised stays as it is.
"""

from __future__ import annotations

import ast
import configparser
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_rekey.errors import CommandRefused

__all__ = ["ADOPTED_LINES", "ENVIRONMENT_LINES", "SETTING_LINES", "Change", "initialise"]

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
_RUNNERS = ("run_migrations_offline", "run_migrations_online")
_ONLY_THERE = ("engine_from_config", "pool")


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


def _environment(path: Path, config: Config, ends_with: str) -> Change:
    text, tree = _parsed(path)
    if "alembic_rekey.environment" in text:
        return Change(path, text)
    template = Path(config.get_template_directory(), "generic", "env.py")
    parts, expected = _runner(tree), _runner(_parsed(template)[1])
    if list(map(ast.dump, parts)) != list(map(ast.dump, expected)) or tree.body[-1] is not parts[-1]:
        raise CommandRefused(
            f"{path} does not run migrations as the template of `alembic init` does, and was not changed.",
            "let it run them through this library, in place of what it does itself:\n\n" + _indented(ends_with),
        )
    lines = _lines(text)
    kept = "".join(lines[: parts[0].lineno - 1])
    unused = [node for node in tree.body if _imports_only(node, _ONLY_THERE) and not _used(tree, parts, _ONLY_THERE)]
    for node in unused:
        kept = kept.replace("".join(lines[node.lineno - 1 : node.end_lineno]), "", 1)
    ended = _ended_like(lines[parts[0].lineno - 2], ends_with)
    return Change(path, kept + ended, ends_with)


def _parsed(path: Path) -> tuple[str, ast.Module]:
    try:
        text = _text(path)
        return text, ast.parse(text.removeprefix(_MARK))
    except (OSError, ValueError, SyntaxError) as error:
        raise CommandRefused(
            f"{path} cannot be read: {error}.", "run `alembic init` first, or name its configuration with -c FILE."
        ) from error


def _runner(tree: ast.Module) -> list[ast.stmt]:
    """Return what runs the migrations: two functions, and the choice between them."""
    named = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in _RUNNERS]
    choices = [node for node in tree.body if isinstance(node, ast.If) and "is_offline_mode" in ast.dump(node.test)]
    return [*named, *choices]


def _imports_only(node: ast.stmt, names: tuple[str, ...]) -> bool:
    return isinstance(node, ast.ImportFrom) and {alias.asname or alias.name for alias in node.names} <= set(names)


def _used(tree: ast.Module, parts: list[ast.stmt], names: tuple[str, ...]) -> bool:
    """Tell whether anything but `parts` uses one of `names`."""
    others = [node for node in tree.body if node not in parts]
    return any(isinstance(each, ast.Name) and each.id in names for node in others for each in ast.walk(node))


def _settings(config: Config) -> Change:
    path = Path(config.config_file_name or "alembic.ini")
    section = config.config_ini_section
    try:
        text = _text(path)
        parser = configparser.RawConfigParser()
        parser.read_file(_lines(text.removeprefix(_MARK)))
    except (OSError, ValueError, configparser.Error) as error:
        raise CommandRefused(
            f"{path} cannot be read: {error}.", "run `alembic init` first, or name its configuration with -c FILE."
        ) from error
    if parser.has_section(section) and any(option.startswith("rekey.") for option in parser.options(section)):
        return Change(path, text)
    lines = _lines(text)
    places = [number for number, line in enumerate(lines) if line.removeprefix(_MARK).startswith("sqlalchemy.url")]
    if len(places) != 1 or not parser.has_option(section, "sqlalchemy.url"):
        raise CommandRefused(
            f"{path} has no line `sqlalchemy.url` as `alembic init` writes it, and was not changed.",
            f"add these lines to its section [{section}]:\n\n" + _indented(SETTING_LINES),
        )
    (at,) = places
    if lines[at].endswith(("\r", "\n")):
        new, at = f"\n{SETTING_LINES}", at + 1
    else:
        # The file ends within this line: a line behind it would change it.
        new = f"{SETTING_LINES}\n"
    ended = _ended_like(lines[0], new)
    return Change(path, "".join((*lines[:at], ended, *lines[at:])), SETTING_LINES)


def _text(path: Path) -> str:
    """Return the text of a file as it is, line ends and byte order mark included."""
    return path.read_bytes().decode("utf-8")


def _lines(text: str) -> list[str]:
    """Return the lines with their ends, where Python and an ini file see them: `splitlines` sees more."""
    return io.StringIO(text, newline="").readlines()


def _ended_like(line: str, text: str) -> str:
    """Return `text` with the line ends that `line` has."""
    end = line[len(line.rstrip("\r\n")) :]
    return text.replace("\n", end) if end else text


def _indented(lines: str) -> str:
    return "".join(f"    {line}".rstrip() + "\n" for line in lines.splitlines()).rstrip("\n")


def _write(change: Change) -> None:
    try:
        change.path.write_bytes(change.text.encode())
    except OSError as error:
        raise CommandRefused(
            f"{change.path} cannot be written: {error.strerror}.", "give the right to write it."
        ) from error

"""Which configuration of Alembic is meant, found as Alembic finds it, and the settings that it gives."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator, Sequence
from configparser import Error as ConfigParserError
from configparser import InterpolationError
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from tomllib import TOMLDecodeError
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from alembic_rekey.errors import CommandRefused, SettingRefused
from alembic_rekey.settings import Settings, arguments, refuse_unknown
from alembic_rekey.text.shown import printable

__all__ = [
    "SECTION",
    "configuration",
    "configuration_files",
    "engine_of",
    "refuse_elsewhere",
    "settings_of",
    "x_arguments",
]

SECTION = "alembic"
"""The section of the ini file, unless `-n` names another."""

_UNREADABLE = "its host and port cannot be told apart from the rest."
_ENCODE = "write %40 for @, %3A for : and %2F for / in a user's name and password; a port is a number."
_TOML, _INI = "pyproject.toml", "alembic.ini"


def configuration(named: Sequence[str], x: Sequence[str], section: str = SECTION) -> Config:
    """Return Alembic's configuration from the files that `-c` named, with the `-x` arguments `x`.

    `section` is that of the ini file, as `-n` names it.

    Raises:
        CommandRefused: if a named file, or everything that could be meant, does not exist, cannot be read, or does not
            say where the revisions are.
        CommandError: where Alembic does not find them there.
    """
    files = configuration_files(named)
    toml = [str(file) for file in files if file.name == _TOML] or [_TOML]
    ini = [str(file) for file in files if file.name != _TOML] or [_INI]
    config = Config(file_=ini[-1], toml_file=toml[-1], ini_section=section, cmd_opts=Namespace(x=list(x)))
    beside = Path(ini[-1]).absolute().parent
    with _reading(Path(ini[-1]), Path(toml[-1])):
        location = config.get_alembic_option("script_location")
        if location is None and (beside / "env.py").is_file():
            # Flask-Migrate names the folder itself, and nowhere in the file.
            location = str(beside)
            config.set_main_option("script_location", location.replace("%", "%%"))
        if location is None:
            raise _without_location(config, toml[-1])
        ScriptDirectory.from_config(config)
    return config


@contextmanager
def _reading(ini: Path, toml: Path) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise CommandRefused(
            f"script_location of {ini} names a package that cannot be imported: {printable(str(error))}.",
            "install it, or name a folder there.",
        ) from None
    except UnicodeDecodeError as error:
        raise CommandRefused(
            f"{ini} or {toml} cannot be read: it is not written in {error.encoding}.",
            f"save it in that encoding, for instance with iconv -f latin1 -t {error.encoding} FILE, or keep to ASCII.",
        ) from None
    except InterpolationError as error:
        # Its text is not repeated: it may hold a password.
        raise CommandRefused(f"{error.option} in {ini} holds a % that stands for nothing.", "write %% for %.") from None
    except ConfigParserError as error:
        said = " ".join(str(error).replace(repr(ini), str(ini)).split())
        marked = "\\ufeff" in said
        raise CommandRefused(
            f"{ini} cannot be read: {printable(said)}.",
            f"save it without a byte order mark: sed -i '1s/^\\xef\\xbb\\xbf//' {quote(str(ini))}."
            if marked
            else "mend the line that is named: each [section] stands there once, and each option once in it.",
        ) from None
    except (TOMLDecodeError, AttributeError) as error:
        # The latter for tables that are none.
        said = "[tool.alembic] is no table" if isinstance(error, AttributeError) else printable(str(error))
        raise CommandRefused(f"{toml} cannot be read: {said}.", "mend the line that is named.") from None
    except ValueError as error:
        raise CommandRefused(f"{ini} cannot be used: {printable(str(error))}", "write one of these there.") from None


def _without_location(config: Config, toml: str) -> CommandRefused:
    """Return what refuses a configuration that does not say where the revisions are."""
    ini, section, parsed = str(config.config_file_name), config.config_ini_section, config.file_config
    others = [name for name in parsed.sections() if parsed.has_option(name, "script_location")]
    if not Path(ini).is_file():
        problem = f"[tool.alembic] of {toml} names no script_location."
    elif not os.access(ini, os.R_OK):
        return CommandRefused(f"{ini} may not be read by this account.", "let it read the file.")
    elif parsed.has_section(section):
        problem = f"[{section}] of {ini} names no script_location."
    else:
        problem = f"{ini} has no section [{section}]."
    remedy = "let `alembic init FOLDER` write it, or name the file of the project with -c FILE."
    return CommandRefused(problem, f"name its section with -n: {' or '.join(others)}." if others else remedy)


def configuration_files(named: Sequence[str]) -> list[Path]:
    """Return the files that `-c` named, else ALEMBIC_CONFIG, else what the current folder has; absolute.

    Raises:
        CommandRefused: if a named file, or everything that could be meant, does not exist.
    """
    given = list(named) or [name for name in [os.environ.get("ALEMBIC_CONFIG")] if name]
    found = [Path(name).absolute() for name in given or (_TOML, _INI) if os.path.isfile(name)]
    missing = [name for name in given if not os.path.isfile(name)]
    if missing or not found:
        raise CommandRefused(
            f"there is no configuration {printable(missing[0]) if missing else _INI}.",
            "name Alembic's with -c FILE, or go to the folder that holds alembic.ini.",
        )
    return found


def x_arguments(config: Config) -> list[str]:
    """Return the `-x` arguments of the command."""
    x = getattr(config.cmd_opts, "x", None) or ()
    return [x] if isinstance(x, str) else list(x)


def engine_of(handed_over: Any) -> Engine | None:
    """Return the engine behind an engine or a connection, also of coroutines; None behind anything else."""
    engine = getattr(handed_over, "sync_engine", None) or getattr(handed_over, "engine", None)
    return engine if isinstance(engine, Engine) else None


def settings_of(config: Config, connection: Connection | None = None) -> Settings:
    """Return the settings that `config` and its command line give.

    The `connection` that there is, or one that was handed over, is the database, whatever names another one.

    Raises:
        SettingRefused: for an unknown key, a value that cannot be used, or where no database is named.
    """
    given = x_arguments(config)
    engine = engine_of(connection or config.attributes.get("connection"))
    if engine is not None:
        given.append(f"url={engine.url.render_as_string(hide_password=False)}")
    section = config.config_ini_section
    written = config.file_config.options(section) if config.file_config.has_section(section) else ()
    refuse_unknown(written, str(config.config_file_name))
    here = Path(config.config_file_name or _INI).absolute().parent
    try:
        settings = Settings.read(given, config.get_main_option, here)
    except InterpolationError as error:
        # Its text is not repeated: it may hold a password.
        raise SettingRefused(
            error.option, f"in {config.config_file_name} it holds a % that stands for nothing.", "write %% for %."
        ) from None
    except ValueError:  # from make_url(), for a port that is no number
        raise SettingRefused("url", _UNREADABLE, _ENCODE) from None
    if settings.url.host and "@" in f"{settings.url.host}{settings.url.database}":
        # What stands before it would be printed with them, and may be the password's other half.
        raise SettingRefused("url", _UNREADABLE, _ENCODE)
    return settings


def refuse_elsewhere(config: Config, settings: Settings) -> None:
    """Refuse `-x url` where it names another database than that of `settings`, to which `env.py` connects itself.

    Raises:
        SettingRefused: if it does, or is no URL.
    """
    named = arguments(x_arguments(config)).get("url")
    if named is not None and not _is_of(named, settings):
        raise SettingRefused(
            "url",
            f"env.py connects to {settings.database}, whatever -x says.",
            "leave -x url away, or let env.py take it: context.get_x_argument(as_dictionary=True).get('url').",
        )


def _is_of(named: str, settings: Settings) -> bool:
    try:
        return make_url(named) == settings.url
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        return False

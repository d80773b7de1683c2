"""Settings: `-x key=value` beats the environment, which beats `alembic.ini`, which beats the default.

Which environment variables count is the project's to say, in `alembic.ini`: `rekey.env.<setting>`
holds names separated by blanks, the first that is set wins. `NAME/sub/path` means that path below the
folder that NAME holds (for `url`: a SQLite file there).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from alembic_rekey.errors import SettingRefused
from alembic_rekey.names.nearness import is_nearly
from alembic_rekey.sql.dialects import DATABASES

__all__ = ["DEFAULTS", "Settings", "arguments", "refuse_unknown"]

DEFAULTS: Mapping[str, str | None] = {
    "url": None,
    "registry": "registry.json",
    "report_dir": "reports",
    "report_name": None,
    "allow_empty": "true",
    "lock_timeout": "30",
    "expect_plan": None,
    "resolutions": None,
    "report": None,
    "on_drift": "abort",
}
"""Every setting and its default; `None` is unset. `lock_timeout` is in seconds."""

_BESIDE = ("registry", "report_dir")
"""Their defaults lie beside the ini file, wherever the command is run."""

_INI_NAMES = {"url": "sqlalchemy.url"}
_ONLY_ARGUMENTS = ("expect_plan", "resolutions", "report")
"""These answer one plan of one database: in a file that stays they would answer another one too."""

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


@dataclass(frozen=True)
class Settings:
    """What one run was told. `lock_timeout` is in seconds; `report` are the files to restore from.

    `expect_plan` are fingerprints and reports, one for each fold of the upgrade in their order.
    """

    url: URL
    registry: Path
    report_dir: Path
    report_name: str | None
    allow_empty: bool
    lock_timeout: float
    expect_plan: tuple[str, ...]
    resolutions: Path | None
    report: tuple[Path, ...]
    on_drift: str

    @classmethod
    def read(cls, given: Iterable[str], option: Callable[[str], str | None], here: Path) -> Settings:
        """Return the settings from the `-x` arguments `given` and `option`, which reads the ini file in `here`.

        Raises:
            SettingRefused: for a key that is nearly one of ours, a value that cannot be used, or no database.
        """
        texts = arguments(given)
        chosen: dict[str, Any] = {name: texts.get(name, _fallback(name, option, here)) for name in DEFAULTS}
        resolutions, report = chosen["resolutions"], chosen["report"]
        return cls(
            url=_url(chosen["url"]),
            registry=Path(chosen["registry"] or ""),
            report_dir=Path(chosen["report_dir"] or ""),
            report_name=_file_name("report_name", chosen["report_name"]),
            allow_empty=_truth("allow_empty", chosen["allow_empty"] or ""),
            lock_timeout=_seconds("lock_timeout", chosen["lock_timeout"] or ""),
            expect_plan=_several(chosen["expect_plan"]),
            resolutions=Path(resolutions) if resolutions else None,
            report=tuple(map(Path, _several(report))),
            on_drift=_choice("on_drift", chosen["on_drift"] or "", ("abort", "keep")),
        )

    def report_stem(self, noun: str, run: str) -> str:
        """Return what a report written now of `run` is called, without the ending; `noun` is the identity's."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        return f"{self.report_name or f'{noun}s'}-{stamp}-{run}"

    @property
    def database(self) -> str:
        """The database for messages and reports: its URL without the password."""
        return self.url.set(query={}).render_as_string(hide_password=True)


def arguments(given: Iterable[str]) -> dict[str, str]:
    """Return those of the `-x` arguments that are ours as a mapping; the last of two wins.

    Raises:
        SettingRefused: for a key that begins with `rekey.` or is nearly one of ours, and for ours without a value.
    """
    texts: dict[str, str] = {}
    for argument in given:
        key, equals, value = argument.partition("=")
        if key in DEFAULTS:
            if not equals or not value:
                raise SettingRefused(f"-x {key}", "it has no value.", f"write -x {key}=VALUE.")
            texts[key] = value
        elif key.strip().startswith("rekey.") or any(is_nearly(key, name) for name in DEFAULTS):
            _refuse(f"-x {key}", key.strip().removeprefix("rekey."), str)
    return texts


def refuse_unknown(options: Iterable[str], file: str) -> None:
    """Refuse an option of the ini file that begins with `rekey.` and is read nowhere.

    Raises:
        SettingRefused: with the name that is nearly the same, if there is one.
    """
    known = {*map(_in_the_file, DEFAULTS), *(f"rekey.env.{name}" for name in DEFAULTS)}
    for option in options:
        if option.startswith("rekey.") and option not in known:
            _refuse(f"{option} in {file}", option.removeprefix("rekey."), _in_the_file)


def _in_the_file(name: str) -> str:
    return _INI_NAMES.get(name, f"rekey.{name}")


def _refuse(said: str, bare: str, written: Callable[[str], str]) -> NoReturn:
    near = next((name for name in DEFAULTS if bare == name or is_nearly(bare, name)), None)
    remedy = f"write {written(near)}." if near else f"use one of: {', '.join(map(written, DEFAULTS))}."
    raise SettingRefused(said, "there is no such setting.", remedy)


def _fallback(name: str, option: Callable[[str], str | None], here: Path) -> str | URL | None:
    if name not in _ONLY_ARGUMENTS:
        for variable in (option(f"rekey.env.{name}") or "").split():
            folder, slash, below = variable.partition("/")
            if value := os.environ.get(folder):
                path = str(Path(value, below)) if slash else value
                # A path may hold what means something else in the text of a URL: ? and %.
                return URL.create("sqlite", database=path) if slash and name == "url" else path
        if value := option(_in_the_file(name)):
            return value
    default = DEFAULTS[name]
    return str(here / default) if default is not None and name in _BESIDE else default


def _url(text: str | URL | None) -> URL:
    if not text:
        raise SettingRefused(
            "url",
            "no database is named.",
            "name it with -x url=URL, in a variable that rekey.env.url of alembic.ini names, or as sqlalchemy.url "
            "there.",
        )
    try:
        url = make_url(text)
    except ArgumentError:
        # The text is not repeated: it may hold a password.
        raise SettingRefused(
            "url",
            "it is no database URL.",
            "write it like sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME.",
        ) from None
    backend = url.get_backend_name()
    known = [backend] if backend in DATABASES else [*DATABASES]
    if backend not in DATABASES or url.get_driver_name() not in DATABASES[backend].drivers:
        named = f"the driver {url.get_driver_name()}" if backend in DATABASES else url.drivername
        usable = ", ".join(f"{kind}+{driver}://…" for kind in known for driver in DATABASES[kind].drivers)
        raise SettingRefused("url", f"{named} is not supported.", f"name one of these: {usable}")
    return url


def _several(text: str | None) -> tuple[str, ...]:
    # One file may have commas in its name; several fingerprints are longer than any name may be.
    if not text or os.path.exists(text):
        return (text,) if text else ()
    return tuple(one.strip() for one in text.split(","))


def _file_name(name: str, text: str | None) -> str | None:
    if text is not None and _FILE_NAME.fullmatch(text) is None:
        remedy = "write up to 60 letters, digits, dots, underscores and hyphens."
        raise SettingRefused(name, f"{text!r} is no plain name of a file.", remedy)
    return text


def _truth(name: str, text: str) -> bool:
    return _choice(name, text.lower(), ("true", "false", "yes", "no", "1", "0", "on", "off")) in (
        "true",
        "yes",
        "1",
        "on",
    )


def _choice(name: str, text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise SettingRefused(name, f"{text!r} is no value for it.", f"use one of: {', '.join(choices)}.")
    return text


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    # A database counts in milliseconds, and none of them is for ever.
    if not 0.001 <= seconds <= 86_400:
        raise SettingRefused(name, f"{text!r} is no number of seconds.", "write a number from 0.001 to 86400.")
    return seconds

"""Settings: `-x key=value` beats the environment, which beats `alembic.ini`, which beats the default.

Which environment variables count is the project's to say, in `alembic.ini`: `rekey.env.<setting>`
holds names separated by blanks, the first that is set wins. `NAME/sub/path` means that path below the
folder that NAME holds (for `url`: a SQLite file there).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from alembic_rekey.errors import SettingRefused

__all__ = ["DEFAULTS", "Settings", "arguments"]

DEFAULTS: Mapping[str, str | None] = {
    "url": "sqlite:///data/db/atocore.db",
    "registry": "config/project-registry.json",
    "report_dir": "data/migrations",
    "allow_empty": "true",
    "lock_timeout": "30",
    "expect_plan": None,
    "resolutions": None,
    "report": None,
    "on_drift": "abort",
}
"""Every setting and its default; `None` is unset. `lock_timeout` is in seconds."""

_INI_NAMES = {"url": "sqlalchemy.url"}
_ONLY_ARGUMENTS = ("expect_plan", "resolutions", "report")
"""These answer one plan of one database: in a file that stays they would answer another one too."""


@dataclass(frozen=True)
class Settings:
    """What one run was told. `lock_timeout` is in seconds; `report` is the file to restore from."""

    url: URL
    registry: Path
    report_dir: Path
    allow_empty: bool
    lock_timeout: float
    expect_plan: str | None
    resolutions: Path | None
    report: Path | None
    on_drift: str

    @classmethod
    def read(cls, given: Iterable[str], option: Callable[[str], str | None]) -> Settings:
        """Return the settings from the `-x` arguments `given` and `option`, which reads the ini file.

        Raises:
            SettingRefused: for an unknown key or a value that cannot be used.
        """
        texts = arguments(given)
        chosen = {name: texts.get(name, _fallback(name, option)) for name in DEFAULTS}
        resolutions, report = chosen["resolutions"], chosen["report"]
        return cls(
            url=_url(chosen["url"] or ""),
            registry=Path(chosen["registry"] or ""),
            report_dir=Path(chosen["report_dir"] or ""),
            allow_empty=_truth("allow_empty", chosen["allow_empty"] or ""),
            lock_timeout=_seconds("lock_timeout", chosen["lock_timeout"] or ""),
            expect_plan=chosen["expect_plan"],
            resolutions=Path(resolutions) if resolutions else None,
            report=Path(report) if report else None,
            on_drift=_choice("on_drift", chosen["on_drift"] or "", ("abort", "keep")),
        )

    @property
    def database(self) -> str:
        """The database for messages and reports: its URL without the password."""
        return self.url.set(query={}).render_as_string(hide_password=True)


def arguments(given: Iterable[str]) -> dict[str, str]:
    """Return the `-x` arguments as a mapping; the last of two wins.

    Raises:
        SettingRefused: for a key that is no setting, or an argument without `=`.
    """
    texts: dict[str, str] = {}
    known = ", ".join(DEFAULTS)
    for argument in given:
        key, equals, value = argument.partition("=")
        if key not in DEFAULTS:
            raise SettingRefused(f"-x {key}", "there is no such setting.", f"use one of: {known}.")
        if not equals or not value:
            raise SettingRefused(f"-x {key}", "it has no value.", f"write -x {key}=VALUE.")
        texts[key] = value
    return texts


def _fallback(name: str, option: Callable[[str], str | None]) -> str | None:
    if name not in _ONLY_ARGUMENTS:
        for variable in (option(f"rekey.env.{name}") or "").split():
            folder, slash, below = variable.partition("/")
            if value := os.environ.get(folder):
                path = str(Path(value, below)) if slash else value
                # A path may hold what means something else in a URL: ? and %.
                return URL.create("sqlite", database=path).render_as_string() if slash and name == "url" else path
        if value := option(_INI_NAMES.get(name, f"rekey.{name}")):
            return value
    return DEFAULTS[name]


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        # The text is not repeated: it may hold a password.
        raise SettingRefused(
            "url",
            "it is no database URL.",
            "write it like sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME.",
        ) from None
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingRefused(
            "url", f"{url.get_backend_name()} is not supported.", "use an SQLite or a PostgreSQL database."
        )
    return url


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
    if not 0 < seconds <= 86_400:
        raise SettingRefused(name, f"{text!r} is no number of seconds.", "write a number between 0 and 86400.")
    return seconds

"""What a failure of the database says to a person: its own first line, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from alembic_rekey.errors import DatabaseFailed, OutcomeOpen, RekeyError
from alembic_rekey.settings import Settings

__all__ = ["connecting", "first_words", "is_lost", "outcome_open", "refusing_database_errors", "sqlstate"]


@contextmanager
def refusing_database_errors(settings: Settings) -> Iterator[None]:
    """Turn what SQLAlchemy and the drivers raise into `DatabaseFailed`: the cause, and what to do."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise DatabaseFailed(
            settings.database,
            f"the driver {error.name} is not installed.",
            f"pip install {_PACKAGES.get(str(error.name), error.name)}, or name an installed driver in the URL.",
        ) from error
    except NoSuchModuleError as error:
        raise DatabaseFailed(
            settings.database, f"{error}.", "write the URL as postgresql+psycopg://… or sqlite:///…"
        ) from error
    except DBAPIError as error:
        problem, remedy = _explained(error, settings)
        raise DatabaseFailed(settings.database, problem, remedy) from error
    except SQLAlchemyError as error:
        raise DatabaseFailed(settings.database, _first_line(error), "see the cause; nothing was changed.") from error


@contextmanager
def connecting(settings: Settings) -> Iterator[None]:
    """Turn what is raised as a connection is opened into `DatabaseFailed`, also what SQLAlchemy hands on as it comes.

    Drivers of coroutines let through what the system said; some refuse an option of the URL as Python does an argument.
    """
    try:
        yield
    except ArgumentError as error:
        remedy = "write it like sqlite:///FILE, with three slashes, or postgresql+psycopg://USER@HOST/NAME."
        raise DatabaseFailed(settings.database, "its driver does not take the URL.", remedy) from error
    except (RekeyError, SQLAlchemyError, ImportError):
        raise
    except OSError as error:
        problem = _without_password(error.strerror or _first_line(error), settings)
        raise DatabaseFailed(settings.database, problem, _UNREACHED) from error
    except Exception as error:
        problem = _without_password(f"{type(error).__name__}: {_first_line(error)}", settings)
        remedy = "check the URL, and what stands behind its question mark: its driver takes that as an argument."
        raise DatabaseFailed(settings.database, problem, remedy) from error


_UNREACHED = "check that the server runs and can be reached, and the URL; then run it again."
_PACKAGES = {
    "psycopg": "'alembic-rekey[postgresql]'",
    "psycopg2": "psycopg2-binary",
    "pysqlcipher3": "sqlcipher3",
}
"""What is installed for a driver, where that has another name than the module."""


def outcome_open(error: DBAPIError, settings: Settings) -> OutcomeOpen:
    """Return what is said of a connection that was lost, with `error`, while COMMIT ran."""
    return OutcomeOpen(settings.database, _explained(error, settings)[0])


def is_lost(error: DBAPIError) -> bool:
    """Tell whether the connection is gone, so that nobody on this side knows what the server did last."""
    return error.connection_invalidated or sqlstate(error.orig).startswith(("08", "57P"))


def first_words(error: DBAPIError) -> str:
    """Return the first line of what the database said."""
    return _fields(error.orig).get("M") or _first_line(error.orig or error)


def sqlstate(cause: BaseException | None) -> str:
    """Return the SQLSTATE of an error of PostgreSQL, wherever the driver keeps it; empty where there is none."""
    said = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or _fields(cause).get("C")
    return said if isinstance(said, str) else ""


def _fields(cause: BaseException | None) -> dict[str, str]:
    """Return the fields of the server's message by their letters, which pg8000 hands over as they come."""
    first = cause.args[0] if cause is not None and cause.args else None
    return first if isinstance(first, dict) else {}


_REMEDIES = (
    (
        "55P03",
        "another transaction holds a lock: run it again when it has ended, or wait longer with "
        "-x lock_timeout=SECONDS.",
    ),
    (
        "57014",
        "the statement_timeout of this role or database ended it, or a person did; another transaction may hold a "
        "lock: raise that limit for this role (ALTER ROLE … SET statement_timeout), or keep -x lock_timeout=SECONDS "
        "below it, which tells when it is a lock; then run it again. Nothing was changed.",
    ),
    (
        ("25P03", "idle-in-transaction timeout"),
        "the idle_in_transaction_session_timeout of this role or database ended the connection: raise it for this "
        "role (ALTER ROLE … SET idle_in_transaction_session_timeout), then run it again; nothing was changed.",
    ),
    (
        ("25P04", "transaction timeout"),
        "the transaction_timeout of this role or database ended the connection: raise it for this role (ALTER ROLE "
        "… SET transaction_timeout), then run it again; nothing was changed.",
    ),
    ("40P01", "it and another transaction waited for each other: run it again; nothing was changed."),
    (
        "row-level security policy",
        "run it with an account that row security does not bind: a superuser, one that was made with BYPASSRLS, or the "
        "owner of the table after ALTER TABLE … NO FORCE ROW LEVEL SECURITY; nothing was changed.",
    ),
    (
        ("P0001", "SQLITE_CONSTRAINT_TRIGGER", "no such table: main."),
        "a trigger of the application says so. `alembic-rekey plan` names those that fire: let it pass these rows, or "
        "take it away for the upgrade, and for the downgrade (ALTER TABLE … DISABLE TRIGGER …, or ALTER EVENT TRIGGER "
        "… DISABLE; on SQLite DROP TRIGGER …); nothing was changed.",
    ),
    (
        "23503",
        "a row still refers to one that would go, or to none: a trigger that skips or changes rows as they are written "
        "leaves it so. `alembic-rekey plan` names those that fire: take it away for the upgrade (ALTER TABLE … DISABLE "
        "TRIGGER …); where none does, put back first what the row refers to. Nothing was changed.",
    ),
    ("42501", "grant the account the missing right, or run the upgrade as the owner of the tables."),
    (
        ("42883", "42846", "42804", "22P02"),
        "a column has another type than the revision declares, or one that cannot be compared, ordered or added up as "
        "the spec asks: find the type that the message names among the columns of the spec (psql: \\d TABLE), and "
        "declare it as it is, or leave it out of match, survivor, absorb, slot or value; nothing was changed.",
    ),
    (
        "integer overflow",
        "what Absorb.SUM adds up is more than 64 bits hold: correct one of these values, or leave the column out of "
        "absorb; nothing was changed.",
    ),
    (("3D000", "28000", "28P01"), "correct the database, the user or the password in the URL."),
    ("failed to resolve host", "correct the host in the URL."),
    (
        "25006",
        "connect to the primary server, where this one only reads (SELECT pg_is_in_recovery()); else "
        "default_transaction_read_only is on: run it as an account that may write, or where that is meant, ALTER ROLE "
        "… SET default_transaction_read_only = off.",
    ),
    ("53100", "free space on the server's disk, then run it again; nothing was changed."),
    ("57P01", "the server ended the connection: run it again; nothing was changed."),
    (
        "database is locked",
        "another process writes: run it again when it has ended, or wait longer with -x lock_timeout=SECONDS.",
    ),
    (
        "readonly database",
        "give this account the right to write the file and its folder, and name no mode=ro in the URL.",
    ),
    (("unable to open database file", "disk I/O error"), "check the path and the rights on the file and its folder."),
    (
        "disk is full",
        "free space on the disk, then run it again; SQLite says the same where the numbers of a key with AUTOINCREMENT "
        "are used up: SELECT * FROM sqlite_sequence tells, and UPDATE sets them back; nothing was changed.",
    ),
    ("not a database", "check the path: the file is damaged or no SQLite database."),
    ("malformed", "the file is damaged: restore it from a backup, or try sqlite3's .recover on a copy."),
)
"""What to do, by SQLSTATE or SQLite's name of the error, or by words of the message where a driver loses that."""


_STATE = re.compile(r"[0-9A-Z]{5}")


def _explained(error: DBAPIError, settings: Settings) -> tuple[str, str]:
    cause = error.orig
    state, name = sqlstate(cause), getattr(cause, "sqlite_errorname", "")
    problem = _without_password(first_words(error), settings)
    for signs, remedy in _REMEDIES:
        if any(_is_said(sign, state or name, problem) for sign in ([signs] if isinstance(signs, str) else signs)):
            return problem, remedy
    # A state of another class is an answer of the server: it runs, and was reached.
    if state.startswith("08") or (not state and (error.connection_invalidated or "connect" in problem)):
        return problem, _UNREACHED
    return problem, "nothing was changed; mend the cause and run it again."


def _without_password(said: str, settings: Settings) -> str:
    return said.replace(str(password), "***") if (password := settings.url.password) else said


def _is_said(sign: str, state: str, problem: str) -> bool:
    """Tell whether an error has this state, or says these words: a value in them may look like a SQLSTATE."""
    return sign == state or (_STATE.fullmatch(sign) is None and sign in problem)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]

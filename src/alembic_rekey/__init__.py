"""Fold the rows that are one thing in the world into one, inside `alembic upgrade head`."""

from __future__ import annotations

from alembic_rekey.errors import RekeyError
from alembic_rekey.spec import (
    SURVIVOR,
    Absorb,
    Check,
    Differing,
    Duplicates,
    Epoch,
    Identity,
    Itself,
    Match,
    Missing,
    OnFold,
    References,
    Slots,
    Spec,
    Stamped,
    Tags,
    most,
)

__all__ = [
    "SURVIVOR",
    "Absorb",
    "Check",
    "Differing",
    "Duplicates",
    "Epoch",
    "Identity",
    "Itself",
    "Match",
    "Missing",
    "OnFold",
    "References",
    "RekeyError",
    "Slots",
    "Spec",
    "Stamped",
    "Tags",
    "most",
]

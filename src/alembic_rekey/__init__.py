"""Fold rows written under an alias into their canonical identity, inside `alembic upgrade head`."""

from __future__ import annotations

from alembic_rekey.errors import RekeyError
from alembic_rekey.spec import Check, Epoch, Identity, Slots, Spec, Stamped, Tags

__all__ = ["Check", "Epoch", "Identity", "RekeyError", "Slots", "Spec", "Stamped", "Tags"]

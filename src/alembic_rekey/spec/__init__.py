"""What a revision declares: the identity, its parts, their columns. Nothing here asks a database."""

from __future__ import annotations

from alembic_rekey.spec.children import References, Slots, Tags
from alembic_rekey.spec.choices import (
    SURVIVOR,
    Absorb,
    Differing,
    Duplicates,
    Itself,
    Match,
    Missing,
    OnFold,
    Stamped,
    most,
)
from alembic_rekey.spec.declaration import Check, Relation, Spec
from alembic_rekey.spec.identity import Identity
from alembic_rekey.spec.part import Part
from alembic_rekey.spec.stamp import Epoch

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
    "Part",
    "References",
    "Relation",
    "Slots",
    "Spec",
    "Stamped",
    "Tags",
    "most",
]

"""What a revision declares: the identity, its parts, their columns. Nothing here asks a database."""

from __future__ import annotations

from alembic_rekey.spec.declaration import Check, Identity, Relation, Slots, Spec, Tags
from alembic_rekey.spec.part import Part, Stamped
from alembic_rekey.spec.stamp import Epoch

__all__ = ["Check", "Epoch", "Identity", "Part", "Relation", "Slots", "Spec", "Stamped", "Tags"]

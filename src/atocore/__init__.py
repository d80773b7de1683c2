"""The application whose rows this repository folds; only its tables are here, for `alembic check`."""

from atocore.tables import metadata

__all__ = ["metadata"]

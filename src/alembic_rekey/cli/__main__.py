"""`python -m alembic_rekey.cli` is the command `alembic-rekey`."""

import sys

from alembic_rekey.cli import program

sys.exit(program())

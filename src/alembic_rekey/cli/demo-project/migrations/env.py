"""The migration environment, as `alembic init` and `alembic-rekey init` leave it."""

from logging.config import fileConfig

from alembic import context

import alembic_rekey.operations  # noqa: F401  # registers op.rekey
from alembic_rekey.environment import run

if context.config.config_file_name is not None and context.config.cmd_opts is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

run()

"""The migration environment: one connection, one lock, one transaction, online and as a script."""

from logging.config import fileConfig

from alembic import context

from alembic_rekey.environment import ADOPTED, run
from atocore.tables import metadata

if context.config.config_file_name is not None and context.config.cmd_opts is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

run(metadata, **ADOPTED)

"""How it is said: expressions, our side tables, steps of a program; what each database says. Nothing here decides."""

# Whoever imports a construct gets what the databases say for it.
import alembic_rekey.sql.dialects  # noqa: F401  # for what it registers

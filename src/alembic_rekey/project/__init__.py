"""The Alembic project: its configuration, its `env.py`, its revisions that fold. Asks no database for rows."""

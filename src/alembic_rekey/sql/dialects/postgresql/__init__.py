"""PostgreSQL: what it says in its own way."""

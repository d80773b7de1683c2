"""SQLite: what it says in its own way."""

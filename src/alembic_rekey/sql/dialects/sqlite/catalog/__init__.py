"""What SQLite is asked about its tables, and what it counted."""

"""A database as it stands, described plainly: tables, keys, what refers to what, and what columns hold."""

"""A revision that folds, drafted from what the database is: its tables, the spec, and what a person has to decide."""

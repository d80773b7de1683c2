"""Rows that hang on rows which a plan deletes or renames, and which of them do so no longer by then."""

"""What is decided about the rows of each kind of part: a module per kind, and nothing that reads a journal."""

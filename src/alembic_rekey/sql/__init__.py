"""How it is said: expressions, our side tables, steps of a program. Nothing here decides."""

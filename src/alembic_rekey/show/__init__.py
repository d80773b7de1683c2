"""For eyes: a plan and runs as text and on a terminal. Reads what was reported."""

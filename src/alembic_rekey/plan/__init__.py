"""THE RELATION: what happens to each row, and the rules and counts of it. Returns selects, opens no connection."""

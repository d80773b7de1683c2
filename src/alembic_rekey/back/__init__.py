"""The way back as a relation: which rows can go back as they were. Returns selects, opens no connection."""

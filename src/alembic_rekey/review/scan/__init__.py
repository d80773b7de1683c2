"""What carries a registered name, or refers to a row that went, and is in no spec: looked for in all tables."""

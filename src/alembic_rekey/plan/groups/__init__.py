"""Which rows are one thing: registered names, rows by rank, the members that children join; nothing is decided."""

"""Back: from the journal to the rows as they were, and how rows stand to what the upgrade left."""

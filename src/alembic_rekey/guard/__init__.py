"""What refuses: checks as relations, what the catalog says, and the words for it. Changes nothing."""

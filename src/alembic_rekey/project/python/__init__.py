"""Python as a revision says it: layout, names of variables and nouns, the frozen tables."""

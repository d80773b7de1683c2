"""Text for a reader: laying out, differences, progress, printable values. No SQL and no plan."""

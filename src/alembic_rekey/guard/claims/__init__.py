"""What a spec claims, asked of the catalog and of the rows before anything changes."""

"""The guide: its pages as markdown, how a topic is found in them, and whether all that they show is true."""

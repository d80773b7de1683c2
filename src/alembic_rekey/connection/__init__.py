"""The connection: how transactions begin on each database, locks, what a failure says to a person."""

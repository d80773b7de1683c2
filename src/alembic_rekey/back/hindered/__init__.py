"""What keeps a row from going back that nobody edited: what stands in its place, what it hung on, what hangs on it."""

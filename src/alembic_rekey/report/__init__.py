"""What is kept of a run: its rows, the document, the file, the fingerprint, the approval."""

"""A plan or a run as one self-contained page."""

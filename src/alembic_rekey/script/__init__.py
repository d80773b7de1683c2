"""The program as a script for a database's own shell. It writes SQL, and decides nothing."""

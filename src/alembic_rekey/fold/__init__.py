"""Forward: the program of an upgrade, how it changes rows, and the verification that all is accounted for."""

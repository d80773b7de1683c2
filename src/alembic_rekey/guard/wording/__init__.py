"""The words of every check, in one place: what must hold, what a finding says, what to do."""

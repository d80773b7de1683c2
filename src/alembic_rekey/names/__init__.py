"""What a person wrote: the registry of names, its JSON, how names match, answers to collisions. No SQL."""

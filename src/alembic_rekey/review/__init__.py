"""Reading only: the dry run, the plan of a restore, the form for answers. Reaches nothing that changes rows."""

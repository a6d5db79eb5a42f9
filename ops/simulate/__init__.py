"""Show what each pipe would send for a record: the command simulate."""

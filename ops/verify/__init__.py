"""Compare the table with the cache, and repair the cache: the command verify."""

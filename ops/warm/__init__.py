"""Fill the cache from the table: the command warm."""

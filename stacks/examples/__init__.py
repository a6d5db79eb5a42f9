"""Stacks to copy for a table of your own, one a file; docs/own-tables.md says how."""

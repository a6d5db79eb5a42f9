"""Stacks to copy for your own table, one in each file; docs/own-tables.md explains how."""

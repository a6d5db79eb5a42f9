"""Momento on this machine: its HTTP API, its caches, topics, keys, roles and limits."""

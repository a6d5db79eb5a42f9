"""Clients of Momento: entries, topics, caches, roles and API keys."""

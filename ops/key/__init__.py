"""Momento's API keys: what they may do, new ones with narrow roles, and their rotation."""

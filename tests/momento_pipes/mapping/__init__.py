"""Mappings: what they compile to, what they refuse, and what items do with them."""

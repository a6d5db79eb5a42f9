"""The commands key and cache."""

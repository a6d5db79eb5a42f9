"""Bring the cache to what the table says: replay dead letters, warm up, compare and mend."""

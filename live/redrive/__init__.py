"""Replay dead letters, or discard them."""

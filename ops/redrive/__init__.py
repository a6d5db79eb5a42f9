"""Replay the dead-letter queue: the command redrive."""

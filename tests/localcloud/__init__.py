"""The local cloud, and the stacks on it."""

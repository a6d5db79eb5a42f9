"""The local AWS, and what the stacks become on it."""

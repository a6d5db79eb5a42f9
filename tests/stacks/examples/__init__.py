"""The stacks to copy, synthesized."""

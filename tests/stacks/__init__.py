"""What the stacks synthesize, and what they refuse."""

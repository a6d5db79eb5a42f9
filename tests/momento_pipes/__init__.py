"""What the constructs synthesize, and what they refuse."""

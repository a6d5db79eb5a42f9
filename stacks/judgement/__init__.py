"""What AWS would do with what was synthesized, and what it would refuse."""

"""AWS's limits, held against what was synthesized."""

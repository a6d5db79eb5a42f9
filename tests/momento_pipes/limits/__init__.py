"""AWS's limits, checked on what was synthesized."""

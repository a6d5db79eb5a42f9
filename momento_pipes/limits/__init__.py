"""AWS's limits, checked on the synthesized JSON."""

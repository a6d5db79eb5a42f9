"""State machines on this machine."""

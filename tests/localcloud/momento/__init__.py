"""The Momento on this machine."""

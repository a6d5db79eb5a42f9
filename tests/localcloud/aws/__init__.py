"""The AWS API on this machine."""

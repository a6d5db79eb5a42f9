"""Clients of what is deployed, on AWS or on this machine. Commands and pages use them."""

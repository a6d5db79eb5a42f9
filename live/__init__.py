"""Clients of what is deployed, on AWS or on this machine; commands and pages use them."""

"""Clients of what runs, on AWS or on this machine: for the commands and the pages."""

"""Pipes, rules, queues and log groups."""

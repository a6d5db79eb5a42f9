"""Alarms, dashboard and topic."""

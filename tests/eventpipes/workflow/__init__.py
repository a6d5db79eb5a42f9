"""Tests of the states and expressions of a workflow."""

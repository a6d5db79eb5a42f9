"""Tests of the plan review."""

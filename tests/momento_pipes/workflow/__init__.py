"""Tests of the workflow that a mapping makes."""

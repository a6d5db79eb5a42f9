"""Tests of what is installed from the wheels."""

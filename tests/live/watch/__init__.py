"""Tests of the function of the watch."""

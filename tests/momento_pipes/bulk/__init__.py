"""Tests of the constructs of the watch."""

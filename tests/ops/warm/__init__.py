"""Tests of filling the cache."""

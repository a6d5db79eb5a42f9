"""Tests of replay, warm-up and comparison."""

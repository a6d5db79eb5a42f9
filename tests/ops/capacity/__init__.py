"""Tests of ops/capacity."""

"""Tests of how a pipe behaves."""

"""Tests of replaying dead letters."""

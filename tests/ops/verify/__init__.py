"""Tests of comparing table and cache."""

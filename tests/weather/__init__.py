"""Tests of the weather demonstration."""

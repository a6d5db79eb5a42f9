"""Tests of the proof on real AWS and Momento."""

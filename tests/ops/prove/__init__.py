"""Tests of the demo and of up."""

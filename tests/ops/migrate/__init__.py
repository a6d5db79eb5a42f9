"""Tests of the command migrate."""

"""Tests of what warm and verify on AWS share."""

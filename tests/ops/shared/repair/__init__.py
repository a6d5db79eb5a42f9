"""Tests of what redrive, warm and verify share, and the cloud that all their tests use."""

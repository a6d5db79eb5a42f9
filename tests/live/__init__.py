"""Tests of what is shared by the commands and the pages."""

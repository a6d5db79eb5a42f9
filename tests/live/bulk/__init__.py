"""The tests of `live.bulk`."""

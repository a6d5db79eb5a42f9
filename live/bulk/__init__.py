"""The function of `verify --on-aws`: it compares a part of a table with the cache.

It is in the same zip file as the watch, and reads the cache with the same key.
"""

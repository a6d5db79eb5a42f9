"""The demonstration: write weather records, and watch them reach the cache and the topic."""

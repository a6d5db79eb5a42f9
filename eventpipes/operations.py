"""Momento's operations that a pipeline uses; the names of pipes and rules contain them."""

PUT, PUBLISH, DELETE = OPERATIONS = ("cache-put", "topic-publish", "cache-delete")

"""No test here finds a `.env` or a local cloud that is up."""

from tests.place import closed_clients, no_place, patience

__all__ = ["closed_clients", "no_place", "patience"]

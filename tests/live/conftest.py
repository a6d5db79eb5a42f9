"""The place that the clients work on, which weather's tests share."""

from tests.place import closed_clients, no_place, patience, place

__all__ = ["closed_clients", "no_place", "patience", "place"]

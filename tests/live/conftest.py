"""The place that the clients work on, which weather's tests share, and a deployed stack."""

from tests.ops.repair.repair_cloud import cloud
from tests.place import closed_clients, no_place, patience, place

__all__ = ["closed_clients", "cloud", "no_place", "patience", "place"]

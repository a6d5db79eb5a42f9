"""The running weather pipes, which the clients read, and a deployed stack."""

from tests.ops.shared.repair.repair_cloud import cloud
from tests.running_weather import closed_clients, no_cloud, patience, running

__all__ = ["closed_clients", "cloud", "no_cloud", "patience", "running"]

"""Momento as EventBridge sees it: the key's secret, the connection, the destinations."""

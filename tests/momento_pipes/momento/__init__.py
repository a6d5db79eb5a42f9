"""The API key's secret, the connection and the destinations."""

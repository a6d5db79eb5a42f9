"""The resources that call Momento: the API key's secret, the connection, the destinations."""

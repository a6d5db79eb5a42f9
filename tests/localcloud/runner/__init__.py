"""The runner of the deployed pipes."""

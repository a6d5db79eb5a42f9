"""The clients of Momento."""

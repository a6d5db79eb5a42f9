"""The runner: it reads the streams for the deployed pipes, and tells what they do."""

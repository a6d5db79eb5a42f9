"""The tables that pipelines read."""

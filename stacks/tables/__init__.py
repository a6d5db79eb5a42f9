"""The tables that pipelines read: made here, or there already."""

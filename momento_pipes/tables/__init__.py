"""The tables that pipelines read: new tables, and existing tables."""

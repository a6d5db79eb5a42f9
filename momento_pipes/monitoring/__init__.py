"""Metrics, alarms and dashboards: they report when changes do not arrive."""

"""What tells somebody that changes do not arrive: metrics, alarms, dashboards."""

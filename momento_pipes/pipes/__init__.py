"""From a table's stream to a destination: pipes, the event bus and its rules, dead letters."""

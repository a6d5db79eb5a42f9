"""Answer whether a pipeline keeps up, what it costs and what breaks first: the command capacity."""

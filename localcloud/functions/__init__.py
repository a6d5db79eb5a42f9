"""Lambda functions on this machine, and the schedules that run them."""

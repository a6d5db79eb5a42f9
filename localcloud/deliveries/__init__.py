"""Deliver the records of pipes and the events of rules, with retries, dead letters and logs."""

"""The deliveries of pipes and rules."""

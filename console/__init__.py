"""The page for any pipeline: what is deployed, every change, and why it went where it went."""

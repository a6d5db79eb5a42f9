"""The AWS API on this machine: moto's server, and its corrections."""

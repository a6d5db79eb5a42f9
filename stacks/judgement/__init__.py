"""Checks of a synthesized stack: what AWS would refuse, and what is probably not meant."""

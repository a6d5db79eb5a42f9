"""Checks of a synthesized stack, for errors that AWS would refuse and for likely mistakes."""

"""Terraform on a stack: its program, its provider, its state and its plans."""

"""Terraform as the commands run it."""

"""The command deploy, and what it does besides Terraform's apply."""

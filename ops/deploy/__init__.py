"""Deploy a stack, and what a deploy does after Terraform's apply."""

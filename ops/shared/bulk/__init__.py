"""What `warm --on-aws` and `verify --on-aws` share: they start a Map run on AWS, and follow it."""

"""What a user can choose."""

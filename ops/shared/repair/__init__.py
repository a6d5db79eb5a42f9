"""What redrive, warm and verify share: they bring the cache to the table's state."""

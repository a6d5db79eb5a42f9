"""The watch: a scheduled Lambda function that compares a sample of the table with the cache."""

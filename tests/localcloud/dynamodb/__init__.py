"""DynamoDB as moto has it with the corrections."""

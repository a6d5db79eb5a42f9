"""Corrections of moto for DynamoDB."""

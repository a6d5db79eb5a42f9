"""What is deployed: CDKTF constructs for a DynamoDB table that feeds Momento.

Nothing is imported here, so that `stacks.settings` and the pure modules load without jsii.
"""

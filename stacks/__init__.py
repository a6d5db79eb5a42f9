"""What is deployed: CDKTF constructs that send the changes of a DynamoDB table to Momento.

Nothing is imported here, so `stacks.settings` and the pure modules load without jsii.
"""

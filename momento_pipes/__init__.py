"""CDKTF constructs that send the changes of a DynamoDB table to Momento.

Nothing is imported here, so the pure modules, such as `momento_pipes.mapping`, load without jsii.
"""

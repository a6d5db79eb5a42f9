"""The watch: a Lambda function that compares a sample of a table with the cache every few minutes.

`momento_pipes.watch` packs `live` and `eventpipes` for it. It imports only those, the standard
library, jsonata and the AWS SDK that Lambda's runtime contains.
"""

"""Warm and check a table with Step Functions' distributed Map, beyond what one machine can do.

`put_page` writes the Express state machine that sends pages of items, `each_segment` the Standard
state machines with the distributed Map, and `bulk` has the construct.
"""

"""Run state machines: for the batches of a pipe, and in executions of their own."""

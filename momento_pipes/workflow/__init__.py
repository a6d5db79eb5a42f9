"""The workflow topology: a state machine that sends the changes of each item in their order.

`requests` compiles a mapping, `definition` writes the state machine, and `workflow` has the
construct. All other modules are pure: they make Amazon States Language from strings.
"""

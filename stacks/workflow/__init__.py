"""The workflow topology: a state machine that sends the changes of each item in their order.

`rules` compile a mapping, `definition` writes the state machine from them, `workflow` is the
construct. Everything but the construct is pure: strings in, Amazon States Language out.
"""

"""What this repository deploys: the stacks, their settings and their remote state.

Nothing is imported here, so `stacks.settings` loads without jsii.
"""

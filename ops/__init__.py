"""What a person does with the stacks: deploy, review, check, repair."""

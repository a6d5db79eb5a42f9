"""Change a repository to CDK Terrain's packages, and prove that its JSON stays the same."""

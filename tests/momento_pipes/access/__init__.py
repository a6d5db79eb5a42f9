"""Who may do what: roles, policies, the key and the provider."""

"""Who may do what: the account, the provider, roles, policies and the encryption key."""

"""Who may do what: the account, roles, policies and the encryption key."""

"""Deploy a stack on the local cloud and try it: the commands demo and up."""

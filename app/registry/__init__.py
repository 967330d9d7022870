"""Which node types there are, built in and added on."""

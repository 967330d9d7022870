"""The outside world: each file here implements a protocol that a lower room declares."""

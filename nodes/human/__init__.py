"""Nodes that leave a decision to a person."""

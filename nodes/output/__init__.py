"""Nodes that hand results out."""

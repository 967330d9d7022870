"""Nodes that find out what is wanted."""

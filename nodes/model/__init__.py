"""Nodes that let a model write."""

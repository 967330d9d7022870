"""Preferences: what a person sets once for this machine."""

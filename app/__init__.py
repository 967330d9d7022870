"""Baton: the engine, the command line and the window."""

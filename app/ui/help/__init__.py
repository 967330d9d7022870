"""Help in the window: the pages of the user documentation beside the work."""

"""The facts of a run, and the fold of them that every view renders."""

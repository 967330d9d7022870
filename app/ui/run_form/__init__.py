"""The run form: what a run needs to be told, asked before it starts."""

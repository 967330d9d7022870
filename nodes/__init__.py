"""The built-in steps, one small file each."""

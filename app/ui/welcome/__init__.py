"""The start page: examples to begin with and the files that were open lately."""

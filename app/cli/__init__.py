"""The command line: verbs that print events, tables or JSON; free of Qt."""

"""Tokens and money: how they add up and where prices come from."""

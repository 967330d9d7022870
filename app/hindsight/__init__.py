"""Hindsight: what runs that are over teach: what people said of their results, and how far checks agree with that."""

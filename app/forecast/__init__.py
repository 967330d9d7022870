"""Forecast: what a plan will take, before anything runs."""

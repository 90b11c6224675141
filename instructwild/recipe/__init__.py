"""Recipes: one file that chains stages, and running it."""

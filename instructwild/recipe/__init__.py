"""Recipes: one file that chains stages, and running it."""

from instructwild.recipe.form import Recipe, packaged, read_recipe, with_values

__all__ = ["Recipe", "packaged", "read_recipe", "with_values"]

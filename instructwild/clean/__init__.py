"""Cleaning: one file per step, and every row that leaves says why."""

"""Benchmarks: suites of items that a program can check, a model's score on them, and which of them it was trained on."""

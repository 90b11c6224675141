"""Ranking answers in the terminal, a few by a person and the rest by a scripted annotator."""

"""Cleaning: a list of small steps, each of which keeps, mends, flags or drops rows and says why."""

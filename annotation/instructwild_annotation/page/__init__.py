"""A page for people who rank: one Starlette app and one SQLite file."""

"""The HTML report of a stage: its page, its tables, its figures."""

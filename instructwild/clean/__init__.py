"""Cleaning: repair, language, rules, personal data, contamination, duplicates; every dropped row has a reason."""

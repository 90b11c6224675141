"""Cleaning: repair, language, rules, personal data, contamination, exact and near-duplicates; every dropped row has a reason."""

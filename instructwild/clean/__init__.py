"""Cleaning: language, rules, exact and near-duplicates; nothing disappears without a reason."""

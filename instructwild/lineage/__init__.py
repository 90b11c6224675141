"""Lineage: any row or model back to the posts it came from and forward to all that used it; and how it is forgotten."""

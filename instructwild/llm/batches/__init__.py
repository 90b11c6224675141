"""Provider batches: many requests handed in at once, answered within a day, at half the price."""

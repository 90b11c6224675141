"""Personal data and secrets: found, masked, hashed; one table for collect, clean and publish."""

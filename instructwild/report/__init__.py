"""Pages and figures that people like to read."""

"""Human preference labels: the round trip through Argilla, and rankings in the terminal."""

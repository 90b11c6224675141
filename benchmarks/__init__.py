"""Side by side with peers: each peer in an environment of its own, same rows, one run."""

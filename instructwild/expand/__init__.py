"""From seeds to more instructions, and from instructions to answers."""

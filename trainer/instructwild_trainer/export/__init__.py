"""Export: a complete full-precision model, or a 4-bit one, and the gate that every export passes or fails."""

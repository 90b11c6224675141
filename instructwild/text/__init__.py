"""Properties of text: scripts, tokens, language, thoughts marked in an answer."""

"""Rankings of answers by people: on our own page in the browser, in Argilla, or in the terminal."""

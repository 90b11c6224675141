"""What a user of `collect` may choose by name; nothing is imported here, so that `--help` stays quick."""

from typing import Literal

Recall = Literal["default", "high"]
"""Which bare posts become prompts: those with strong evidence, or more, to be read."""
Mask = Literal["values", "names", "all"]
"""What is masked in rows that hold an answer."""

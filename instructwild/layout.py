"""The names of the layouts that `convert` writes; nothing else is imported here, so that `--help` stays quick."""

from enum import StrEnum


class Layout(StrEnum):
    """A layout that other tools read."""

    MESSAGES = "messages"
    PREFERENCE = "preference"
    ALPACA = "alpaca"
    SHAREGPT = "sharegpt"

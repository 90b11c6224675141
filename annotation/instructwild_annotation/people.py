"""Who ranked: a person appears in the data as a salted hash, never by name."""

from instructwild.stage.people import SALT_VARIABLE, home, person, secret_file

__all__ = ["SALT_VARIABLE", "home", "kind", "person", "secret_file"]


def kind(annotator: str) -> str:
    """What an annotator is: person, model or scripted."""
    return annotator.partition(":")[0]

"""Who ranked: a person appears in the data as a salted hash, never by name."""

from instructwild.privacy.people import person

__all__ = ["kind", "person"]


def kind(annotator: str) -> str:
    """What an annotator is: person, model or scripted."""
    return annotator.partition(":")[0]

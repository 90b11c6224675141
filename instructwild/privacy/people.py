"""Who ranked: a person appears in the data as a salted hash, never by name."""

from instructwild.privacy.salt import user_salt
from instructwild.schema import salted_hash


def person(name: str) -> str:
    """The annotator string of a person: `person:` and a salted hash of the name."""
    return f"person:{salted_hash(user_salt(), name)}"

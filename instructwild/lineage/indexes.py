"""Where `instructwild view` keeps its indexes: copies of rows outside of any root, which forgetting takes away."""

import shutil
from pathlib import Path

from instructwild.stage.cache import cache_dir


def index_folder() -> Path:
    """The folder of all indexes, in the user's cache folder."""
    return cache_dir() / "view"


def remove_indexes() -> bool:
    """Take all indexes away, so that nothing forgotten is left in one; they are made again when a stage is looked at.

    Returns:
        Whether there were any.
    """
    folder = index_folder()
    if not folder.is_dir():
        return False
    shutil.rmtree(folder)
    return True

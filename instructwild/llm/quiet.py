"""transformers' own progress bars, which would break into ours."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_bars() -> Iterator[None]:
    """No progress bars of transformers while the block runs."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


NOISY = ("torchao", "torch.utils._pytree", "torch.utils.flop_counter", "optimum")


def quiet_imports() -> None:
    """Keep what torch and its optional parts log while being imported off the user's screen."""
    import logging

    for name in NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)

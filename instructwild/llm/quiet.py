"""What the libraries below print while they load and save models, kept off the user's screen."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars, notes and warnings of transformers while the block runs; errors are raised as ever."""
    import warnings

    from transformers.utils import logging

    bars, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            ignore_needless()
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def ignore_needless() -> None:
    """Pass over warnings that say nothing to a user: of what a library will change, and of what PEFT did by itself."""
    import warnings

    warnings.simplefilter("ignore", FutureWarning)
    # PEFT sets ranks for fused experts in every model that has some, and then warns where no adapter is on them.
    warnings.filterwarnings("ignore", "The following (rank|alpha)_pattern keys did not match", RuntimeWarning)


NOISY = ("torchao", "torch.utils._pytree", "torch.utils.flop_counter", "optimum")


def quiet_imports() -> None:
    """Keep what torch and its optional parts log while being imported off the user's screen."""
    import logging

    for name in NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)

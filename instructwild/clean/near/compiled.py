"""Functions compiled by numba, with the compiled code kept on disk where that is possible."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numba

_ATTEMPTS = 8

inlined = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)      # for those that compiled functions call


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile at the first call; later processes load the result.

    A cache that cannot be written (a read-only or full disk) costs the time of compiling, nothing else: numba has
    registered the compiled function by the time it fails to store it, so that calling again goes on from there.
    """
    try:
        dispatcher = numba.njit(cache=True, nogil=True, no_cfunc_wrapper=True)(function)
    except RuntimeError:                 # numba found no folder to keep it in
        dispatcher = numba.njit(nogil=True, no_cfunc_wrapper=True)(function)

    @wraps(function)
    def call(*arguments: Any) -> Any:
        for _ in range(_ATTEMPTS):
            try:
                return dispatcher(*arguments)
            except (OSError, EOFError):
                continue
            except SystemError as error:     # Ctrl-C came while the dispatcher had its answer in hand
                if isinstance(error.__cause__, KeyboardInterrupt):
                    raise KeyboardInterrupt from None
                raise
        return dispatcher(*arguments)

    call.dispatcher = dispatcher         # type: ignore[attr-defined]
    return call

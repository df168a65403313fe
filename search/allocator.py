"""What becomes of memory that a training step has freed."""

import ctypes
import os
from functools import cache

# Parameters of glibc's mallopt, from its malloc.h
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4


def keep_freed() -> None:
    """Keep what is freed from now on, as the next step needs as much: on a CPU, steps are a sixth faster for it.

    By default glibc returns large blocks to the system, which then has to clear them, page by page, when they are
    asked for again. Another C library is left as it is.
    """
    if (libc := _glibc()) is not None:
        libc.mallopt(_TRIM_THRESHOLD, -1)
        libc.mallopt(_MMAP_MAX, 0)


def return_freed() -> None:
    """What has been kept so far goes back to the system."""
    if (libc := _glibc()) is not None:
        libc.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library this process has loaded, if it is glibc."""
    libc = ctypes.CDLL(None) if os.name == "posix" else None
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None

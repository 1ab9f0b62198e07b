"""Freed memory stays with the process, where its allocator is glibc's."""

import ctypes


def keep_freed_memory() -> None:
    """For all of this process from now on; without glibc, nothing."""
    # glibc hands every large tensor back to the system at once, and asking for its pages again
    # costs more than some of the products. So: one arena, no mmap, no trimming, growth by 256 MiB.
    one_arena, no_mmap, top_pad, trim = -8, -4, -2, -1
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.malloc_trim(0)
        libc.mallopt(one_arena, 1)
        libc.mallopt(no_mmap, 0)
        libc.mallopt(top_pad, 1 << 28)
        libc.mallopt(trim, (1 << 31) - 1)
    except (OSError, AttributeError):
        return

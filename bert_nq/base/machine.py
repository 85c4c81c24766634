"""The machine that a program runs on."""
import os

# A container's limit, in the two versions of Linux's control groups.
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def total_memory() -> int:
    """Bytes of memory that this machine has, or that a container is allowed of it."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in _LIMITS:
        try:
            with open(path, "rb") as f:
                total = min(total, int(f.read()))
        except (OSError, ValueError):  # Not there, or "max".
            continue
    return total

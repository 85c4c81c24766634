"""Files, lines, gzip, locks, errors and random numbers: the ground that all rooms stand on."""

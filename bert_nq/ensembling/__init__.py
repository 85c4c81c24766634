"""Several models combined: their answers to each page become one."""

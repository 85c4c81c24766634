"""Several models' answers combined to one."""

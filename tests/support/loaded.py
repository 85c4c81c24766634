"""Loads all that a worker may need, for the process that workers are copied from."""
from tests.support import program_server

program_server.load()

"""Loads all that a worker may need, for the process that workers are copied from."""
import gc

from tests.support import program_server

program_server.load()
gc.freeze()  # Or each copy's collector would walk over, and so copy, all that is loaded.

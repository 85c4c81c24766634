"""Errors that the user can fix, as opposed to defects of this code."""


class UserError(Exception):
    """Something wrong with a file, a flag or a setting.

    The message is one line that names the file (with its line number, where there is one), what is
    wrong and what to do. Programs print it without a traceback and exit with code 1.
    """


class BadExampleError(UserError):
    """One unusable example of a shard; `--on_bad_input=skip` counts it and goes on."""

"""Python's own SQLite, loaded by whatever imports this before it imports TensorFlow.

From 2.21 on TensorFlow has an SQLite of its own, without full-text search, under the same names:
where it is loaded first, `import sqlite3` finds that one, and pages cannot be searched.
"""
import contextlib

with contextlib.suppress(ImportError):  # There are Pythons without one.
    import sqlite3  # noqa: F401

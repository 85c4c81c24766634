"""TensorFlow as modules import it, beside what it would take the place of."""
import subprocess
import sys

import pytest

from tests.support.programs import ROOT

SEARCH = """
import sqlite3
connection = sqlite3.connect(":memory:")
connection.execute("CREATE VIRTUAL TABLE page USING fts5(text)")
connection.execute("INSERT INTO page VALUES ('tovin is a town')")
print(connection.execute("SELECT count(*) FROM page WHERE page MATCH 'tovin'").fetchone()[0])
"""


@pytest.mark.parametrize("loads_tensorflow", [
    "from bert_nq.modeling.runtime import tf",
    "from bert_nq.text import reference; reference._import_tokenization()"])
def test_pages_can_be_searched_behind_it(loads_tensorflow):
    # SQLite with full-text search, which TensorFlow 2.21 has one without.
    done = subprocess.run([sys.executable, "-c", loads_tensorflow + SEARCH], cwd=ROOT, check=True,
                          stdout=subprocess.PIPE, text=True)
    assert done.stdout == "1\n"

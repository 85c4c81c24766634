"""Text in commands and in flag files: what reads it has the same text."""
import os
import subprocess

import pytest

from bert_nq.cli import quoting

NAMES = ["plain", "two words", "it's", 'a "b"', "$(id)", "`id`", "~", "*", "a,b", "#x", "-x", "!x",
         "back\\slash", "line\nfeed", "\r", "tab\t", "\udcff.jsonl", "\xfc", "\u2028", "\x7f",
         "$'x'", "\\x41\n", "'\n", " ", "", "\U0001f40d\n", "\xa0"]


@pytest.mark.parametrize("name", NAMES)
def test_bash_reads_what_was_written(name):
    words = quoting.for_shell(name)
    assert words.isprintable()
    done = subprocess.run(["bash", "-c", b"printf %s " + os.fsencode(words)],
                          stdout=subprocess.PIPE)
    assert done.stdout == os.fsencode(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_flag_file_gives_back_what_was_written(name):
    line = quoting.for_flag_file(name)
    assert line.isprintable() and line == line.strip()
    assert quoting.from_flag_file(line) == name


def test_a_message_is_one_line():
    assert quoting.one_line("a\nb\t\x1b[2J\u2028\xfc\xa0\udcff") == (
        "a\\nb\\t\\x1b[2J\\u2028\xfc\xa0\udcff")


def test_most_values_stay_as_they_are():
    assert quoting.for_flag_file("a b/$(x)'.jsonl") == "a b/$(x)'.jsonl"
    assert quoting.for_flag_file("a\n\udcff") == "$'a\\n\\xff'"
    assert quoting.from_flag_file("$'a'b'") == "$'a'b'"

"""Flags that take the settings of a model, and flags that contradict it."""
import pytest
from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import known_settings

MADE = "the model in m was trained"


def parsed(*arguments):
    values = flags.FlagValues()
    flags.DEFINE_bool("do_lower_case", True, "Casing.", flag_values=values)
    flags.DEFINE_integer("max_query_length", 64, "Question.", flag_values=values)
    flags.DEFINE_integer("doc_stride", 128, "Stride.", flag_values=values)
    flags.DEFINE_string("tokenizer", "wordpiece", "Tokenizer.", flag_values=values)
    values(["program"] + list(arguments))
    return values


def taken(values, **settings):
    """The notes of `take`."""
    notes = []
    known_settings.take(values, settings, MADE, ("do_lower_case", "max_query_length"),
                        notes.append)
    return notes


def test_flags_that_were_not_given_take_the_settings():
    values = parsed()
    assert taken(values, do_lower_case=False, max_query_length=16, doc_stride=32,
                 tokenizer="reference", no_such_flag=1) == []
    assert (values.do_lower_case, values.max_query_length, values.doc_stride, values.tokenizer) == (
        False, 16, 32, "reference")


def test_flags_that_say_the_same_are_taken_without_a_word():
    values = parsed("--nodo_lower_case", "--max_query_length=16", "--doc_stride=32")
    assert taken(values, do_lower_case=False, max_query_length=16, doc_stride=32) == []


@pytest.mark.parametrize("argument, settings, message", [
    ("--do_lower_case", {"do_lower_case": False},
     "the model in m was trained with --do_lower_case=false, not with --do_lower_case=true: leave "
     "the flag out"),
    ("--nodo_lower_case", {"do_lower_case": True},
     "the model in m was trained with --do_lower_case=true, not with --do_lower_case=false: leave "
     "the flag out"),
    # The default as well, where it was given.
    ("--max_query_length=64", {"max_query_length": 16},
     "the model in m was trained with --max_query_length=16, not with --max_query_length=64: leave "
     "the flag out")])
def test_flags_that_contradict_the_weights_are_refused(argument, settings, message):
    with pytest.raises(UserError) as error:
        taken(parsed(argument), **settings)
    assert str(error.value) == message


def test_flags_that_may_differ_are_taken_and_told():
    values = parsed("--doc_stride=256")
    assert taken(values, doc_stride=128) == [
        "the model in m was trained with --doc_stride=128, not with --doc_stride=256: taken as "
        "given"]
    assert values.doc_stride == 256


def taken_all(values, *sources):
    """The notes of `take_all`, of models in m, n and so on."""
    notes = []
    known_settings.take_all(values, [(settings, "the model in %s was trained" % name)
                                     for name, settings in zip("mnop", sources)],
                            ("do_lower_case", "max_query_length"), notes.append)
    return notes


def test_of_several_sources_the_first_decides():
    values = parsed("--tokenizer=reference")
    notes = taken_all(values, {"doc_stride": 16, "tokenizer": "wordpiece"},
                      {"doc_stride": 32, "max_query_length": 8, "tokenizer": "wordpiece"}, {})
    assert (values.doc_stride, values.max_query_length) == (16, 8)
    assert notes == ["the model in m was trained with --tokenizer=wordpiece, not with "
                     "--tokenizer=reference: taken as given"]


@pytest.mark.parametrize("arguments", [[], ["--max_query_length=16"]])
def test_sources_that_contradict_each_other(arguments):
    with pytest.raises(UserError) as error:
        taken_all(parsed(*arguments), {"max_query_length": 16}, {"doc_stride": 1},
                  {"max_query_length": 20})
    assert str(error.value) == (
        "the model in m was trained with --max_query_length=16, but the model in o was trained "
        "with --max_query_length=20: they cannot be used together; prepare all records alike, and "
        "train another model in another folder")

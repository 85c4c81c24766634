"""Choosing a decoder by its name and flags."""
import pytest

from bert_nq.base.errors import UserError
from bert_nq.decoding.decoders import DECODERS, DEFAULT, OF_HEADS, make_decoder, name_for


def test_flags_that_are_not_given_have_the_decoder_s_defaults():
    nothing = dict.fromkeys(name for _, options in DECODERS.values() for name in options._fields)
    assert make_decoder("bert_joint", nothing).describe() == {
        "decoder": "bert_joint", "options": {"n_best_size": 10, "max_answer_length": 30}}
    assert make_decoder("page", nothing).options.n_best_size == 20
    assert make_decoder("page", dict(nothing, n_best_size=3)).describe()["options"][
        "n_best_size"] == 3
    assert DEFAULT in DECODERS


@pytest.mark.parametrize("name, options, message", [
    ("best", {}, "there is no decoder 'best': choose one of page, bert_joint"),
    ("bert_joint", {"span_score": "cls"}, "--span_score is no option of --decoder=bert_joint, "
     "which has --n_best_size, --max_answer_length"),
    ("page", {"span_score": "logits"},
     "--span_score=logits: there is no such rule, choose one of cls, cls_type, gated"),
    ("page", {"long_score": "mean"},
     "--long_score=mean: there is no such rule, choose one of max, sum"),
    ("page", {"merge_spans": "min"},
     "--merge_spans=min: there is no such rule, choose one of max, sum, mean, widest"),
    ("page", {"n_best_size": 0}, "--n_best_size must be at least 1, it is 0"),
    ("bert_joint", {"max_answer_length": 0}, "--max_answer_length must be at least 1, it is 0"),
])
def test_what_there_is_not_is_told(name, options, message):
    with pytest.raises(UserError, match="^%s$" % message):
        make_decoder(name, options)


def test_the_decoders_of_a_head():
    of_heads = {"span": ("best", "all"), "beam": ("pairs",)}
    assert name_for(of_heads, "span", None) == "best"
    assert name_for(of_heads, "span", "all") == "all"
    assert name_for(of_heads, "beam", None) == "pairs"
    assert name_for(of_heads, "beam", "unheard-of") == "unheard-of"  # `make` refuses it.
    with pytest.raises(UserError, match="^--decoder=pairs is for another head than that of the "
                                        "model, span: with that, there is --decoder=best, all$"):
        name_for(of_heads, "span", "pairs")
    assert OF_HEADS["joint"][0] == DEFAULT and set(OF_HEADS["joint"]) == set(DECODERS)


@pytest.mark.parametrize("option, value, default", [
    ("n_best_size", "9", "20"), ("n_best_size", 9.0, "20"), ("multi_span", 1, "False"),
    ("length_penalty", "x", "0.2"), ("span_score", 7, "gated"), ("max_answer_length", [1], "30")])
def test_an_option_of_another_type(option, value, default):
    with pytest.raises(UserError) as error:
        make_decoder("page", {option: value})
    assert str(error.value) == "--%s=%s: that is not of the type of %s" % (option, value, default)


def test_a_whole_number_for_a_fraction():
    assert make_decoder("page", {"length_penalty": 0}).options.length_penalty == 0

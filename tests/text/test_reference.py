"""bert-tensorflow's tokenizer with the interface of ours."""
import subprocess
import sys

import pytest

from bert_nq.base.errors import UserError
from bert_nq.text.reference import ReferenceTokenizer, check_case


@pytest.fixture
def vocab_path(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("[PAD]\n[UNK]\n[Q]\nun\n##able\nUN\n.\n")
    return str(path)


def test_words_and_texts_become_ids(vocab_path):
    tokenizer = ReferenceTokenizer(vocab_path)
    assert tokenizer.word_ids("UNable.") == (3, 4, 6)
    assert tokenizer.tokenize_word("UNable.") == ["un", "##able", "."]
    assert tokenizer.text_ids("[Q]  unable [Z] x") == [2, 3, 4, 1, 1]


def test_case_is_kept_where_asked(vocab_path):
    assert ReferenceTokenizer(vocab_path, do_lower_case=False).word_ids("UNable") == (5, 4)


def test_a_vocabulary_that_cannot_be_used_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match="cannot read .*none.txt"):
        ReferenceTokenizer(str(tmp_path / "none.txt"))
    (tmp_path / "v.txt").write_text("a\n")
    with pytest.raises(UserError, match=r"v.txt: no entry \[UNK\]"):
        ReferenceTokenizer(str(tmp_path / "v.txt"))


def test_it_works_before_flags_are_parsed(vocab_path):
    program = ("import sys\n"
               "from bert_nq.text.reference import ReferenceTokenizer\n"
               "assert 'tensorflow' not in sys.modules\n"
               "print(ReferenceTokenizer(%r).word_ids('unable'))\n" % vocab_path)
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert out.stdout == "(3, 4)\n", out.stderr


@pytest.mark.parametrize("do_lower_case, checkpoint", [
    (True, "bert/uncased_L-12_H-768_A-12/bert_model.ckpt"),
    (False, "bert/cased_L-12_H-768_A-12/bert_model.ckpt"),
    (False, "somewhere/model.ckpt-100"),
    (True, ""),
    (True, None),
])
def test_a_fitting_or_unknown_checkpoint_passes(do_lower_case, checkpoint):
    check_case(do_lower_case, checkpoint)


@pytest.mark.parametrize("do_lower_case, folder, case", [
    (False, "uncased_L-24_H-1024_A-16", "uncased"),
    (True, "multi_cased_L-12_H-768_A-12", "cased"),
])
def test_a_checkpoint_of_the_other_case_is_a_user_error(do_lower_case, folder, case):
    path = "bert/%s/bert_model.ckpt" % folder
    with pytest.raises(UserError) as caught:
        check_case(do_lower_case, path)
    assert str(caught.value) == (
        "--do_lower_case=%s does not fit %s: by its name that model is %s; pass "
        "--do_lower_case=%s, or rename the folder if the name misleads"
        % (do_lower_case, path, case, not do_lower_case))

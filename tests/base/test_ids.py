"""Numbers for ids that are texts."""
import hashlib

from bert_nq.base.ids import hashed_id


def test_the_number_is_the_first_bytes_of_the_digest():
    digest = hashlib.blake2b(b"56be4db0acb8001400a502ec", digest_size=8).hexdigest()
    expected = int(digest, 16)
    assert hashed_id("56be4db0acb8001400a502ec") == (
        expected - 2 ** 64 if expected >= 2 ** 63 else expected)


def test_numbers_stay_the_same_and_have_both_signs():
    assert hashed_id("") == 0xe4a6a0577479b2b4 - 2 ** 64
    assert hashed_id("q1") == hashed_id("q1") != hashed_id("q2")
    numbers = [hashed_id(str(i)) for i in range(1000)]
    assert len(set(numbers)) == 1000
    assert min(numbers) < 0 < max(numbers)
    assert all(-2 ** 63 <= number < 2 ** 63 for number in numbers)


def test_a_lone_surrogate_is_an_id_like_any_other():
    assert hashed_id("\ud800") != hashed_id("?")

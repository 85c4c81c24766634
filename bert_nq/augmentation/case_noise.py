"""Capitals where they do not belong, and none where they do, to make and to measure robustness."""
from typing import List, Optional

from bert_nq.augmentation.word_noise import WordNoise


class CaseNoise(WordNoise):
    """Words in small letters, in capitals, or with the case of their first letter swapped.

    A model whose vocabulary is uncased sees no difference.
    """

    def changed(self, word: str, numbers: List[float]) -> Optional[str]:
        """One of the forms that differ from the word; None where it has no letters with a case.

            Tovin    tovin or TOVIN          NASA    nasa or nASA          town    TOWN or Town
        """
        forms = [word.lower(), word.upper(), word[0].swapcase() + word[1:]]
        forms = [form for i, form in enumerate(forms) if form != word and form not in forms[:i]]
        return forms[int(numbers[0] * len(forms))] if forms else None

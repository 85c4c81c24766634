"""Wrong upper and lower case, to train for robustness and to measure it."""
from typing import List, Optional

from bert_nq.augmentation.word_noise import WordNoise


class CaseNoise(WordNoise):
    """Writes words in lower case, in upper case, or with the case of the first letter swapped.

    A model with an uncased vocabulary sees no difference.
    """

    def changed(self, word: str, numbers: List[float]) -> Optional[str]:
        """One of the forms that differ from the word; None if it has no letters with case.

            Tovin    tovin or TOVIN          NASA    nasa or nASA          town    TOWN or Town
        """
        forms = [word.lower(), word.upper(), word[0].swapcase() + word[1:]]
        forms = [form for i, form in enumerate(forms) if form != word and form not in forms[:i]]
        return forms[int(numbers[0] * len(forms))] if forms else None

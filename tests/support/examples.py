"""How many examples a property test has, where it needs more or fewer than others."""
from hypothesis import settings


def with_examples(number: int) -> settings:
    """The decorator of a test with so many examples where others have a hundred, and in proportion
    where the profile has fewer: see conftest."""
    return settings(max_examples=max(number * settings.default.max_examples // 100, 1))

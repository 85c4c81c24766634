"""How many examples a property test has, where it is not the hundred that hypothesis makes."""
from hypothesis import settings


def with_examples(number: int) -> settings:
    """The decorator of a test with so many examples, and as much fewer as the profile has fewer
    than a hundred: see conftest."""
    return settings(max_examples=max(number * settings.default.max_examples // 100, 1))

"""Rewards of the positions that a player has masked, against two others on the same block.

Only where players differ can the score tell anything about a choice:

    chosen by the opponent   chosen at random   reward
    no                       no                 min(against opponent, against random)
    no                       yes                against opponent
    yes                      no                 against random
    yes                      yes                none: all three have masked it
"""
from typing import Dict, Iterable


def outcome(score: float, other: float) -> int:
    """1 where a score is above the other, -1 where it is below, 0 where they are equal."""
    return (score > other) - (score < other)


def credited(chosen: Iterable[int], opponent: Iterable[int], random: Iterable[int],
             against_opponent: int, against_random: int) -> Dict[int, int]:
    """{position: reward} of the positions of one block that are credited, ascending.

    Args:
      chosen: the player's positions.
      opponent, random: those of the other two.
      against_opponent, against_random: outcomes of the player, -1, 0 or 1.
    """
    opponent, random = frozenset(map(int, opponent)), frozenset(map(int, random))
    both = min(against_opponent, against_random)
    table = {(False, False): both, (False, True): against_opponent, (True, False): against_random}
    cases = {position: (position in opponent, position in random)
             for position in sorted(map(int, chosen))}
    return {position: table[case] for position, case in cases.items() if case in table}

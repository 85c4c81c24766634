"""The parts of a page that can be moved, or between which paragraphs can be inserted."""
from typing import List

from bert_nq.datasets.nq.example import Example, Span

# Number of top-level candidates, from the top of the page, that windows are made of by default:
# --max_contexts=48 also counts the "no long answer" entry.
NUM_CANDIDATES_READ = 47


def top_level_blocks(example: Example) -> List[Span]:
    """The top-level candidates in page order.

    Left out are those inside another candidate and those that partly overlap another one; no page
    of the dataset has any.
    """
    blocks, end = [], 0
    # Among candidates that begin at the same token, the one that contains the others comes first.
    for c in sorted(example.candidates, key=lambda c: (c[0], -c[1], not c[2])):
        if c.start_token >= end:
            end = c.end_token
            if c.top_level:
                blocks.append(Span(c.start_token, end))
        elif c.end_token > end:
            end = c.end_token
            if blocks and blocks[-1].end_token > c.start_token:
                del blocks[-1]
    return blocks


def is_paragraph(example: Example, block: Span) -> bool:
    """Whether a block is a <P> element, with or without attributes."""
    start, end = block
    return (example.is_html[start] and example.tokens[start][:3].upper() in ("<P>", "<P ", "<P_")
            and example.is_html[end - 1] and example.tokens[end - 1].upper() == "</P>"
            and end - start > 1)

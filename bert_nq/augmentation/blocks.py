"""The parts of a page that can be moved, or have others put between them."""
from typing import List

from bert_nq.datasets.nq.example import Example, Span

# Windows are made of so many top-level candidates, from the top of the page: --max_contexts=48
# counts the "no long answer" entry too.
NUM_READ = 47


def top_level_blocks(example: Example) -> List[Span]:
    """The top-level candidates in the order of the page.

    Those that lie in another candidate are left out, and those that another one crosses: no page of
    the dataset has such ones.
    """
    blocks, end = [], 0
    # Of candidates that begin at the same token, the one that holds the others comes first.
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
    """Whether a block is a <P> element, with attributes or without."""
    start, end = block
    return (example.is_html[start] and example.tokens[start][:3].upper() in ("<P>", "<P ", "<P_")
            and example.is_html[end - 1] and example.tokens[end - 1].upper() == "</P>"
            and end - start > 1)

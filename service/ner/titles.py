"""Do the 《》 around a title belong to the entity? Guides differ, so a description may say."""

import re

_SAYS_SO = re.compile(
    r"(?<!不)(?<!没)(?:连同|连|包括|包含|含|带)(?:有|着)?(?:书名号|《》)"
    r"|\b(?:with|including)(?: (?:the|their|its))?(?: surrounding)? ?《》",
    re.IGNORECASE,
)


def counts_marks(description: str) -> bool:
    """Does a label's description say that its titles have their 《》?

    ``小说的名称，含书名号`` and ``titles of films, with their 《》`` do; ``不含书名号`` does
    not, nor does one that is silent.
    """
    return _SAYS_SO.search(description) is not None

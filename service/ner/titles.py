"""Do the 《》 around a title belong to the entity? Guides differ, so a description may say."""

import re

_SAYS_SO = re.compile(
    r"(?:连同|连|包括|包含|含|带)(?:有|着)?(?:书名号|《》)"
    r"|\b(?:with|including)(?: (?:the|their|its))?(?: surrounding)? ?《》",
    re.IGNORECASE,
)
# Words that have such a character and deny nothing are left out: 不仅, 无论, 类别, 免费 …
_DENIES = re.compile(
    r"不(?![仅但只光论管限同])|没|未(?!来)|无(?!论)|勿|毋|是否|禁止|避免|免得"
    r"|(?<![类级特分个性])别|\b(?:not|cannot|never|no|nor|without|whether|exclud\w+)\b|n['’]t\b",
    re.IGNORECASE,
)
_CLAUSE_BEGINS = re.compile(r"[，,。.；;！!？?、（()）\n]|(?<!不)但|而|\bbut\b", re.IGNORECASE)


def counts_marks(description: str) -> bool:
    """Does a label's description say that its titles have their 《》?

    ``小说的名称，含书名号`` and ``titles of films, with their 《》`` do; ``不要包含书名号`` does
    not, nor does any clause that has denied something before, nor one that is silent.
    """
    return any(
        not _DENIES.search(_CLAUSE_BEGINS.split(description[: match.start()])[-1])
        for match in _SAYS_SO.finditer(description)
    )

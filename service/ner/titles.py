"""Do the 《》 around a title belong to the entity? Guides differ, so a description may say."""

import re

_MARKS = "(?:[书書]名[号號]|《》)"
_STOPS = "，,。.；;：:！!？?（()）\n"
_CLAUSE_BEGINS = re.compile(f"[{_STOPS}、]|(?<!不)但|而|\\bbut\\b", re.IGNORECASE)
# What only describes the titles goes on: 带书名号的作品, 书名号内的文字, books with 《》 removed.
# What says so ends a clause, or names what else belongs to the entity: 含书名号和副标题.
_ENDS = (
    rf"(?=\s*(?:[{_STOPS}]|\Z|但|而|but\b|(?:[、和及与與]|以及|and\b)"
    rf"(?![^{_STOPS}]*(?:的|{_MARKS}|removed|stripped))))"
)
_SAYS_SO = re.compile(
    rf"(?:连同|连|連同|連|包括|包含|含|带|帶)(?:有|着|著)? ?双?{_MARKS}(?:《》)?"
    rf"(?:一起|一并|一併|在内|在內)?{_ENDS}"
    r"|\b(?:with|including)(?: (?:the|their|its))?(?: surrounding)? ?《》"
    rf"(?: around (?:them|it|the titles?))?{_ENDS}",
    re.IGNORECASE,
)
# Words that have such a character and deny nothing are left out: 不仅, 无论, 类别, 免费 … What is
# so at times is not asked for either.
_DENIES = re.compile(
    r"不(?![仅僅但只光论論管限同])|[没沒]|未(?!来|來)|[无無](?![论論])|勿|毋|是否|禁止|避免|免得"
    r"|(?<![类類级級特分个個性])[别別]|通常|有时|有時|可能|往往|n['’]t\b"
    r"|\b(?:not|cannot|never|no|nor|without|whether|exclud\w+|usually|often|sometimes|may)\b",
    re.IGNORECASE,
)
_REMOVED = "(?:去掉|去除|除去|[删刪]去|[删刪]除|[删刪]掉|剔除|省略|漏|丢|丟)"
_NOT_REMOVED = re.compile(f"(?:不要?|不得|不可|不能|不应|不應|请?勿|[别別]){_REMOVED}")
# Of another clause: it takes the marks away again, by name or as all that it can mean.
_NAMES_THEM = re.compile(f"{_MARKS}|\\b(?:which|they|them|these)\\b", re.IGNORECASE)
_REMOVES = re.compile(
    f"{_REMOVED}|只取|[仅僅]取|除外|不[算要含计計带帶]|不包[括含]|不保留"
    "|\\bwithout\\b|remov|strip|omit|exclud",
    re.IGNORECASE,
)
_REMOVES_ALONE = re.compile(
    f"{_REMOVED}\\s*\\Z|(?:只|[仅僅])(?:取|要|保留)[^外]{{0,8}}(?:里|裡|内|內|中|之间|之間)"
)


def counts_marks(description: str) -> bool:
    """Does a label's description say that its titles have their 《》?

    ``小说的名称，含书名号`` and ``titles of films, with their 《》`` do; ``不要包含书名号`` does
    not, nor does a clause that has denied something before, one that goes on (``带书名号的作品``),
    one beside another that takes the marks away (``抽取时去掉书名号``), or one that is silent.
    """
    return any(
        _asks(description[: match.start()], description[match.end() :])
        for match in _SAYS_SO.finditer(description)
    )


def _asks(before: str, after: str) -> bool:
    """Is it so, with what stands before and behind it?"""
    *others, clause = _CLAUSE_BEGINS.split(before)
    if _DENIES.search(clause):
        return False
    others += _CLAUSE_BEGINS.split(after)
    return not any(map(_removes, others))


def _removes(clause: str) -> bool:
    clause = _NOT_REMOVED.sub("", clause)
    names_them = _NAMES_THEM.search(clause) and _REMOVES.search(clause)
    return bool(names_them or _REMOVES_ALONE.search(clause))

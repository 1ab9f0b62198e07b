"""``python -m tests.growth.fold``: what fold costs for each kB of UTF-8."""

from time import perf_counter

from service.ner.fold import fold

PROSE = "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。"
ENGLISH = "The minister met Ada Lovelace in New York before the talks went on. "
TEXTS = {
    "Chinese, plain": PROSE,
    "English, plain": ENGLISH,
    "emoji, nothing to fold": "今天❤️很好👩‍👩‍👧，",
    "Chinese, a line break in 40 characters": PROSE[:-1] + "所以\n",
    "English, a line break in 68 characters": ENGLISH[:-1] + "\n",
    "accents apart (NFD)": "Rene\u0301 Mu\u0308ller lebt in Zu\u0308rich und reist viel. ",
    "a hidden character in each word": "New\u200b\xa0York\xad ",
}
KB = (1, 100)


def ms_per_kb(text: str, kb: int) -> float:
    """The best of many runs."""
    whole = text * (kb * 1000 // len(text.encode()) + 1)
    runs = max(5, 2000 // kb)
    best = float("inf")
    for _ in range(runs):
        began = perf_counter()
        fold(whole)
        best = min(best, perf_counter() - began)
    return best * 1000 / (len(whole.encode()) / 1000)


def main() -> None:
    """Print the table."""
    print("| text | " + " | ".join(f"{kb} kB, ms per kB" for kb in KB) + " |")
    print("|---|" + "---|" * len(KB))
    for name, text in TEXTS.items():
        print(f"| {name} | " + " | ".join(f"{ms_per_kb(text, kb):.4f}" for kb in KB) + " |")


if __name__ == "__main__":
    main()

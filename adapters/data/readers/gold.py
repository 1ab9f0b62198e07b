"""Gold that no answer can come to: named, so that nobody waits for it."""

from adapters.data.examples import Example


def unreachable(example: Example) -> list[str]:
    """What of an example's entities can never come out, each in a few words.

    Of two that overlap an answer has one, but with ``"overlaps": "all"``; no mention is blank, or
    has a blank at its edge.
    """
    found, end, longest = [], 0, None
    for entity in example.entities:
        surface = example.text[entity.start : entity.end]
        if not surface.strip():
            found.append(f"{entity.label} [{entity.start}, {entity.end}) is blank")
        elif surface != surface.strip():
            found.append(f"{entity.label} {surface!r} has a blank at its edge")
        if longest is not None and entity.start < end:
            other = example.text[longest.start : longest.end]
            found.append(f"{entity.label} {surface!r} overlaps {longest.label} {other!r}")
        if longest is None or entity.end > end:
            longest, end = entity, entity.end
    return found

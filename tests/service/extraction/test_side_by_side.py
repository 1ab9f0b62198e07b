"""Work on many items, some at a time."""

import asyncio

from service.extraction.side_by_side import side_by_side


def test_work_that_waits_for_nothing_lets_others_run() -> None:
    """Their turn comes between two items."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def double(item: int) -> int:
        return 2 * item

    async def both() -> list[int]:
        beside = asyncio.create_task(other())
        found = await side_by_side(double, range(100), at_once=2)
        beside.cancel()
        return found

    assert asyncio.run(both()) == [2 * item for item in range(100)]
    assert turns >= 50

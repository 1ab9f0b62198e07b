"""``python -m tests.growth.long_text``: time and work for one text of 1, 10, 100 and 1000 kB."""

import time

from tests.growth.stand import SENTENCE, Stand, stand

SIZES_KB = (1, 10, 100, 1000)


def row(gateway: Stand, size_kb: int) -> str:
    """One line of the table: the best of three runs."""
    sentences = size_kb * 1000 // len(SENTENCE.encode())
    runs = []
    for _ in range(3):
        cpu, started = gateway.cpu_s(), time.perf_counter()
        answer = gateway.client.post("/extract", json={"text": SENTENCE * sentences}).json()
        seconds = time.perf_counter() - started
        assert len(answer["entities"]) == sentences
        runs.append((seconds, gateway.cpu_s() - cpu))
    seconds, cpu = min(runs)
    return (
        f"| {size_kb} | {sentences} | {seconds:.3f} | {seconds / size_kb * 1000:.2f} "
        f"| {cpu:.2f} | {gateway.resident_mib():.0f} |"
    )


def main() -> None:
    """Print the table."""
    with stand() as gateway:
        gateway.client.post("/extract", json={"text": SENTENCE * 100})  # connections, caches
        print("| kB | entities | s | ms per kB | gateway's CPU s | gateway's memory, MiB |")
        print("|---|---|---|---|---|---|")
        for size_kb in SIZES_KB:
            print(row(gateway, size_kb), flush=True)


if __name__ == "__main__":
    main()

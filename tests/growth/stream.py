"""``python -m tests.growth.stream``: one text of 1, 10, 100 and 1000 kB, streamed."""

import time

from tests.growth.long_text import SIZES_KB
from tests.growth.stand import SENTENCE, Stand, stand


def row(gateway: Stand, size_kb: int) -> str:
    """One line of the table: the better of two runs."""
    sentences = size_kb * 1000 // len(SENTENCE.encode())
    runs = []
    for _ in range(2):
        cpu, started, first, count = gateway.cpu_s(), time.perf_counter(), 0.0, 0
        body = {"text": SENTENCE * sentences, "stream": True}
        with gateway.client.stream("POST", "/extract", json=body) as response:
            for data in response.iter_raw():
                first = first or time.perf_counter() - started
                count += data.count(b"event: entity\n")
        assert count == sentences
        runs.append((time.perf_counter() - started, first, gateway.cpu_s() - cpu))
    seconds, first, cpu = min(runs)
    return (
        f"| {size_kb} | {sentences} | {first:.3f} | {seconds:.3f} "
        f"| {cpu:.2f} | {gateway.resident_mib():.0f} |"
    )


def main() -> None:
    """Print the table."""
    with stand() as gateway:
        gateway.client.post("/extract", json={"text": SENTENCE * 100})  # connections, caches
        print("| kB | entities | first event, s | all, s | gateway's CPU s | memory, MiB |")
        print("|---|---|---|---|---|---|")
        for size_kb in SIZES_KB:
            print(row(gateway, size_kb), flush=True)


if __name__ == "__main__":
    main()

"""``python -m tests.growth.batch``: the gateway's memory for batches of 1, 1,000 and 100,000 rows.

Rows are sent by one thread and answers read by another, as fast as both go.
"""

import threading
import time

from tests.growth.stand import SENTENCE, Stand, stand
from tests.support.batching import Client, batch
from tests.support.waiting import until

ROWS = (1, 1_000, 100_000)
AT_A_TIME = 100


def send(client: Client, rows: int) -> None:
    """Rows of one sentence, as a client with a file would send them."""
    line = f'"{SENTENCE}"\n'.encode()
    for sent in range(0, rows, AT_A_TIME):
        client.send(line * min(AT_A_TIME, rows - sent))
    client.end()


def row(gateway: Stand, rows: int) -> str:
    """One line of the table; the highest memory of those seen, once in a while."""
    highest, started, answered = gateway.resident_mib(), time.perf_counter(), 0
    with batch(gateway.url) as client:
        client.socket.settimeout(600)
        sending = threading.Thread(target=send, args=(client, rows))
        sending.start()
        client.head()
        for answered, answer in enumerate(client.answers(), 1):
            assert (answer["line"], len(answer["entities"])) == (answered, 1)
            if answered % 500 == 0:
                highest = max(highest, gateway.resident_mib())
        sending.join()
    assert answered == rows
    seconds = time.perf_counter() - started
    until(lambda: gateway.metric("nerve_requests_in_flight") == 0)
    after = gateway.resident_mib()
    return f"| {rows} | {max(highest, after):.1f} | {after:.1f} | {rows / seconds:.0f} |"


def main() -> None:
    """Print the table."""
    with stand() as gateway:
        print("| rows | most memory, MiB | after it, MiB | rows/s |")
        print("|---|---|---|---|")
        for rows in ROWS:
            print(row(gateway, rows), flush=True)


if __name__ == "__main__":
    main()

"""Eight threads empty a queue of moto's at the same time, with the most frequent thread changes.

Prints how many messages were received, how many of them were different, and how many are left.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from moto.sqs.models import SQSBackend

from localcloud import moto_corrections

MESSAGES, THREADS = 200, 8

if __name__ == "__main__":
    moto_corrections.apply()
    sys.setswitchinterval(1e-6)
    backend = SQSBackend("us-east-1", "123456789012")
    queue = backend.create_queue("letters", {})

    def send(thread: int) -> None:
        """Send the messages of this thread."""
        for number in range(thread, MESSAGES, THREADS):
            backend.send_message("letters", str(number))

    def settle(_: int) -> list[str]:
        """Receive and delete until the queue is empty; return the received messages."""
        taken = []
        while messages := backend.receive_message("letters", 10, 0, 3600):
            for message in messages:
                taken.append(message.body)
                backend.delete_message("letters", message.receipt_handle or "")
        return taken

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(send, range(THREADS)))
        taken = [body for each in pool.map(settle, range(THREADS)) for body in each]
    print(len(taken), len(set(taken)), len(queue._messages))  # noqa: SLF001 - what is visible and what is not

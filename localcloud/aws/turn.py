"""A lock: only one request at a time may use moto's data.

moto's models are for one thread. Two requests at once lose messages, get the same message twice, or
end with the status 500 because a dictionary changed while it was read. A client of AWS then sends
the request again, and its first try may have been carried out.
"""

import threading
from typing import Final

TURN: Final = threading.Condition(threading.RLock())
"""Each request to moto holds it. A request that waits for something waits for this condition."""

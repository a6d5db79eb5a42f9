"""The library for JSONata, without its effect on the rest of the process.

When it is imported, it multiplies Python's recursion limit by ten. Other code needs the usual
limit, for example to refuse JSON that is nested too deep.
"""

import sys

_limit = sys.getrecursionlimit()

from jsonata.functions import Functions
from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from jsonata.parser import Parser
from jsonata.utils import Utils

sys.setrecursionlimit(_limit)

__all__ = ["Functions", "JException", "Jsonata", "Parser", "Utils"]

"""How an Express state machine behaves, with the states and fields that the stacks use.

See AWS: "Amazon States Language", "Transforming data with JSONata in Step Functions".
"""

from eventpipes.workflow.execution import Execution, HistoryEvent
from eventpipes.workflow.services import HttpAnswer, HttpCall, Services, TaskError
from eventpipes.workflow.state_machine import StateMachine

__all__ = [
    "Execution",
    "HistoryEvent",
    "HttpAnswer",
    "HttpCall",
    "Services",
    "StateMachine",
    "TaskError",
]

"""How a state machine behaves, with the states and fields that the stacks use.

See AWS: "Amazon States Language", "Transforming data with JSONata in Step Functions".
"""

from eventpipes.workflow.execution import Execution, HistoryEvent
from eventpipes.workflow.map_run import MapRun
from eventpipes.workflow.services import HttpAnswer, HttpCall, Services, TaskError
from eventpipes.workflow.state_machine import Checkpoint, StateMachine

__all__ = [
    "Checkpoint",
    "Execution",
    "HistoryEvent",
    "HttpAnswer",
    "HttpCall",
    "MapRun",
    "Services",
    "StateMachine",
    "TaskError",
]

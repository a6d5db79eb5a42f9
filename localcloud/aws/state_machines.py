"""Calls for state machines that Terraform's AWS provider needs and moto does not have.

See AWS: "ValidateStateMachineDefinition" and "ListStateMachineVersions". Without them, the provider
tries each call 25 times, so an apply takes very long.
"""

import json

from moto.stepfunctions.responses import StepFunctionResponse

from eventpipes.errors import InvalidDefinition, Unsupported
from eventpipes.workflow import StateMachine


def apply() -> None:
    """Add the calls to moto in this process."""

    def validate_state_machine_definition(self: StepFunctionResponse) -> str:
        """Answer whether AWS would refuse the definition, as far as the engine knows."""
        diagnostics = []
        try:
            StateMachine.parse(self._get_param("definition"))
        except Unsupported:
            pass  # AWS accepts it; only this engine cannot run it
        except InvalidDefinition as error:
            problem = {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED"}
            diagnostics.append({**problem, "message": str(error)})
        result = "FAIL" if diagnostics else "OK"
        return json.dumps({"result": result, "diagnostics": diagnostics})

    def list_state_machine_versions(_: StepFunctionResponse) -> str:
        """Return an empty list, because no versions are published here."""
        return json.dumps({"stateMachineVersions": []})

    for call in (validate_state_machine_definition, list_state_machine_versions):
        setattr(StepFunctionResponse, call.__name__, call)

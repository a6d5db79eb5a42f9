"""The schedule that starts the watch's function."""

from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.role import ServiceRole
from momento_pipes.access.statement import Statement
from momento_pipes.bindings import SchedulerSchedule

GROUP = "default"
"""AWS allows a role to name the group of its schedules, but not a schedule."""
RETRIES = 2


class WatchSchedule(Construct):
    """A schedule of EventBridge Scheduler, every few minutes.

    Lambda takes the request and runs the function later, so the schedule tries again only if Lambda
    does not take it. What is older than a period is given up: the next run compares again.

    See AWS: EventBridge Scheduler, "Schedule types" and "Confused deputy prevention".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account: Account,
        function_arn: str,
        minutes: int,
    ) -> None:
        super().__init__(scope, id_)
        role = ServiceRole(
            self,
            "role",
            name=f"{name}-schedule",
            account=account,
            service="scheduler",
            source_arns=[account.arn("scheduler", f"schedule-group/{GROUP}")],
            statements=[
                Statement(
                    sid="StartWatch",
                    actions=["lambda:InvokeFunction"],
                    resources=[function_arn],
                )
            ],
            policy_name="start-watch",
        )
        self.resource = SchedulerSchedule(
            self,
            "schedule",
            name=name,
            group_name=GROUP,
            description="Starts the comparison of a sample of the table with the cache",
            schedule_expression=f"rate({minutes} minute{'' if minutes == 1 else 's'})",
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": function_arn,
                "role_arn": role.arn,
                "input": "{}",
                "retry_policy": {
                    "maximum_event_age_in_seconds": 60 * minutes,
                    "maximum_retry_attempts": RETRIES,
                },
            },
            depends_on=role.ready,
        )

"""State machines."""

from __future__ import annotations

from tests.local import tiny


def test_state_machine_with_an_unsupported_task_is_refused(refused):
    states = {
        "Run": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync",
            "End": True,
        }
    }
    states["Run"]["Parameters"] = {}
    machine = tiny.machine("odd", "FlowRole", states)
    assert "createProcessingJob" in refused(FlowRole=tiny.role("states.amazonaws.com"), Machine=machine)
